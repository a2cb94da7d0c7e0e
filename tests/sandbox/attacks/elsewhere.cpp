// tests/sandbox/attacks/elsewhere.cpp: A forked process writes its findings into a file; this one reads and holds them.
#include "tests/sandbox/attacks/elsewhere.h"

#include <doctest.h>
#include <fmt/core.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iostream>
#include <map>
#include <set>
#include <sstream>
#include <vector>

#include "tests/support/child.h"

namespace fs = std::filesystem;

namespace heddle::test {

namespace {

constexpr int cannot_become = 7;
constexpr std::size_t field_bytes_max = 600;  // of a report that a person reads
const std::set<std::string> fair_verdicts = {"held", "open", "elsewhere", "works", "missing", "none"};

std::string one_line(std::string text) {
    for (char& c : text)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = c == '\n' ? '|' : '?';
    return text.substr(0, field_bytes_max);
}

std::vector<Finding> read_findings(const fs::path& path) {
    std::vector<Finding> all;
    std::ifstream in(path);
    bool is_whole = false;
    for (std::string line; std::getline(in, line);) {
        if (line == "end") is_whole = true;
        std::istringstream fields(line);
        Finding found;
        for (auto* field : {&found.id, &found.attempt, &found.seen, &found.host, &found.verdict, &found.why})
            std::getline(fields, *field, '\t');
        if (line != "end") all.push_back(found);
    }
    CHECK_MESSAGE(is_whole, "the rows ended early");
    return all;
}

std::string& report() {
    static std::string text;
    return text;
}

struct ReportAtTheEnd : doctest::IReporter {
    explicit ReportAtTheEnd(const doctest::ContextOptions& /*options*/) {}
    void test_run_end(const doctest::TestRunStats& /*stats*/) override { std::cout << report() << std::flush; }
    void report_query(const doctest::QueryData& /*query*/) override {}
    void test_run_start() override {}
    void test_case_start(const doctest::TestCaseData& /*data*/) override {}
    void test_case_reenter(const doctest::TestCaseData& /*data*/) override {}
    void test_case_end(const doctest::CurrentTestCaseStats& /*stats*/) override {}
    void test_case_exception(const doctest::TestCaseException& /*error*/) override {}
    void subcase_start(const doctest::SubcaseSignature& /*signature*/) override {}
    void subcase_end() override {}
    void log_assert(const doctest::AssertData& /*data*/) override {}
    void log_message(const doctest::MessageData& /*data*/) override {}
    void test_case_skipped(const doctest::TestCaseData& /*data*/) override {}
};
REGISTER_LISTENER("attacks", 1, ReportAtTheEnd);

// The last of the cgroup file systems that are mounted, or "".
std::string cgroup_mount() {
    std::ifstream mounts("/proc/self/mountinfo");
    std::string last;
    for (std::string line; std::getline(mounts, line);) {
        if (line.find(" - cgroup") == line.npos) continue;
        std::istringstream fields(line);
        for (int field = 0; field < 5; ++field) fields >> last;
    }
    return last;
}

}  // namespace

bool stay_as_it_is() {
    return true;
}

bool hide_cgroups() {
    if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return false;
    for (std::string path = cgroup_mount(); !path.empty(); path = cgroup_mount())
        if (::umount2(path.c_str(), MNT_DETACH) != 0) return false;
    return true;
}

void run_as(const std::string& name, const std::function<bool()>& become,
            const std::function<void(Range&, const Tell&)>& rows) {
    const TempFolder folder;
    const fs::path programs = folder.path() / "programs", findings = folder.path() / "findings";
    fs::copy(fs::path(HEDDLE_BINARY_DIR) / "guests", programs);
    fs::copy_file(fs::path(HEDDLE_BINARY_DIR) / "heddle-launcher", programs / "heddle-launcher");
    std::ofstream out(findings);
    for (const auto& path : {folder.path(), programs}) REQUIRE(::chmod(path.c_str(), 0755) == 0);

    Child child([&](Child::Report) {
        if (!become()) ::_exit(cannot_become);
        Range range(programs);
        rows(range, [&](const Finding& found) {
            for (const auto& field : {found.id, found.attempt, found.seen, found.host, found.verdict})
                out << one_line(field) << '\t';
            out << one_line(found.why) << std::endl;
        });
        out << "end" << std::endl;
    });
    const int status = child.wait();
    if (status == cannot_become) {
        MESSAGE("not run, this process cannot become: ", name);
        return;
    }
    CHECK(status == 0);

    report() += "\n" + name + "\n";
    std::map<std::string, int> counts;
    for (const Finding& found : read_findings(findings)) {
        report() += fmt::format("{} {:<32} {:<22} {:<15} {}\n", found.id, found.attempt, found.seen,
                                found.host.empty() ? "" : "host " + found.host, found.verdict);
        if (!found.why.empty()) report() += "    " + found.why + "\n";
        ++counts[found.verdict];
        INFO(found.id, " ", found.attempt, ": ", found.why);
        CHECK(fair_verdicts.count(found.verdict) == 1);
    }
    for (const auto& [verdict, count] : counts) report() += fmt::format("{} {}  ", count, verdict);
    report() += "\n";
}

}  // namespace heddle::test
