// tests/sandbox/attacks/attacks_test.cpp: Runs the list of attacks as whoever is here, and reports each by a line.
//
// Root runs it three times: with cgroups, with limits that are polled, and as an ordinary user. Each time is a process
// of its own, which writes what it found into a file.
#include <doctest.h>
#include <fmt/core.h>
#include <grp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iostream>
#include <map>
#include <sstream>

#include "tests/sandbox/attacks/attack.h"
#include "tests/support/child.h"
#include "tests/support/sandbox_house.h"

namespace fs = std::filesystem;
using namespace heddle::test;

namespace {

constexpr unsigned ordinary_user = 12345;

struct Finding {
    std::string id, attempt, seen, host, verdict, why;
};

// In the order of their numbers; a number's rows in the order of their table.
std::multimap<std::string, Attack> all_attacks() {
    std::multimap<std::string, Attack> all;
    for (const auto& part : {attacks_on_files(), attacks_on_the_workspace(), attacks_on_processes(),
                             attacks_on_limits(), attacks_on_the_kernel(), attacks_on_knobs(), attacks_on_the_network(),
                             attacks_on_the_terminal(), attacks_by_output(), attacks_on_the_setup()})
        for (const Attack& attack : part) all.emplace(attack.id, attack);
    return all;
}

Seen try_out(const Act& act, Range& range) {
    try {
        range.refresh();
        return act(range);
    } catch (const std::exception& error) {
        return {false, "error", error.what()};
    }
}

Finding find_out(const Attack& attack, Range& range) {
    Finding finding{attack.id, attack.attempt, "-", "-", "not yet", attack.remark};
    if (!attack.act) return finding;
    const Seen tried = try_out(attack.act, range);
    const std::string damage = range.damage();
    const Seen twin = attack.honest ? try_out(attack.honest, range) : Seen{true, "", ""};
    std::string why;
    if (!tried.as_expected) why += "inside: " + tried.why;
    if (!damage.empty()) why += " host: " + damage;
    const bool is_held = why.empty();
    finding.seen = tried.shown;
    finding.host = damage.empty() ? "unchanged" : "CHANGED";
    finding.verdict = is_held ? "held" : attack.remark.empty() ? "BROKEN" : "open";
    if (finding.verdict == "open") why = attack.remark + "; " + why;
    if (!twin.as_expected) {
        finding.verdict = "TWIN BROKEN";
        why += " honest use: " + twin.shown + ": " + twin.why;
    }
    finding.why = why;
    return finding;
}

std::string one_line(std::string text) {
    for (char& c : text)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = c == '\n' ? '|' : '?';
    return text.substr(0, 600);
}

void attack_all(const fs::path& programs, const fs::path& findings) {
    Range range(programs);
    std::ofstream out(findings, std::ios::app);
    const char* only = ::getenv("HEDDLE_ATTACK");
    for (const auto& [id, attack] : all_attacks()) {
        if (only != nullptr && id != only) continue;
        if (attack.only_root && ::getuid() != 0) continue;
        const Finding found = find_out(attack, range);
        for (const auto& field : {found.id, found.attempt, found.seen, found.host, found.verdict})
            out << one_line(field) << '\t';
        out << one_line(found.why) << std::endl;
    }
    out << "end" << std::endl;
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
    CHECK_MESSAGE(is_whole, "the attacks ended early");
    return all;
}

// Printed once, when all cases of the program have run.
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

// Runs all attacks in a process that `become` has first made what it is called.
void attack_as(const std::string& name, const std::function<bool()>& become) {
    const TempFolder folder;
    const fs::path programs = folder.path() / "programs", findings = folder.path() / "findings";
    fs::copy(fs::path(HEDDLE_BINARY_DIR) / "guests", programs);
    fs::copy_file(fs::path(HEDDLE_BINARY_DIR) / "heddle-launcher", programs / "heddle-launcher");
    std::ofstream(findings) << "";
    for (const auto& path : {folder.path(), programs}) REQUIRE(::chmod(path.c_str(), 0755) == 0);
    REQUIRE(::chmod(findings.c_str(), 0666) == 0);

    Child child([&](Child::Report) {
        if (!become()) ::_exit(7);
        attack_all(programs, findings);
    });
    const int status = child.wait();
    if (status == 7) {
        MESSAGE("not run, this process cannot become: ", name);
        return;
    }
    CHECK(status == 0);

    report() += "\nattacks, " + name + "\n";
    std::map<std::string, int> counts;
    for (const Finding& found : read_findings(findings)) {
        report() += fmt::format("{} {:<32} {:<22} host {:<10} {}\n", found.id, found.attempt, found.seen, found.host,
                                found.verdict);
        if (!found.why.empty()) report() += "    " + found.why + "\n";
        ++counts[found.verdict];
        INFO(found.id, " ", found.attempt, ": ", found.why);
        CHECK((found.verdict == "held" || found.verdict == "open" || found.verdict == "not yet"));
    }
    for (const auto& [verdict, count] : counts) report() += fmt::format("{} {}  ", count, verdict);
    report() += "\n";
}

// A launcher that sees no cgroup file system has to poll.
bool hide_cgroups() {
    if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return false;
    for (int i = 0; i < 100; ++i) {
        std::ifstream mounts("/proc/self/mountinfo");
        std::string last;
        for (std::string line; std::getline(mounts, line);) {
            if (line.find(" - cgroup") == line.npos) continue;
            std::istringstream fields(line);
            for (int field = 0; field < 5; ++field) fields >> last;
        }
        if (last.empty()) return true;
        if (::umount2(last.c_str(), MNT_DETACH) != 0) return false;
    }
    return false;
}

bool become_ordinary() {
    return ::setgroups(0, nullptr) == 0 && ::setgid(ordinary_user) == 0 && ::setuid(ordinary_user) == 0;
}

}  // namespace

TEST_CASE("attacks: each is refused, the host is as it was, and its honest twin works") {
    if (no_sandbox_here()) return;
    attack_as(::getuid() == 0 ? "root" : "an ordinary user", [] { return true; });
}

TEST_CASE("attacks: they are refused where limits are polled") {
    if (no_sandbox_here() || ::getuid() != 0) return;  // anybody else's are polled as it is
    attack_as("root, limits polled", hide_cgroups);
}

TEST_CASE("attacks: they are refused when an ordinary user runs the sandbox") {
    if (no_sandbox_here() || ::getuid() != 0) return;
    attack_as("an ordinary user", become_ordinary);
}
