// tests/sandbox/everyday/everyday_test.cpp: The everyday work of a developer, which no sandbox may be in the way of.
//
// Each piece is done by root and by an ordinary user. What this machine lacks the programs for is reported as missing.
#include <doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <map>
#include <sstream>

#include "tests/sandbox/attacks/attack.h"
#include "tests/sandbox/attacks/elsewhere.h"
#include "tests/sandbox/everyday/work.h"
#include "tests/support/sandbox_house.h"

namespace fs = std::filesystem;
using namespace heddle::test;
using heddle::sandbox::Result;
using heddle::sandbox::WorkspaceMode;

namespace {

bool is_here(const std::string& word, Range& range) {
    static std::map<std::string, bool> known;  // of this process, which is somebody; a guest of any mode sees the same
    const auto found = known.find(word);
    if (found != known.end()) return found->second;
    const std::string module = "module:";
    const bool is_module = word.rfind(module, 0) == 0;
    const Result asked = is_module ? range.run({"python3", "-c", "import " + word.substr(module.size())})
                                   : range.bash("command -v " + word);
    return known[word] = asked.outcome.exit_status() == 0;
}

// The first of what the work needs that the guest does not find, or "".
std::string missing(const Work& work, Range& range) {
    std::istringstream words(work.needs);
    for (std::string word; words >> word;)
        if (!is_here(word, range)) return word;
    return "";
}

using Prepare = std::function<void(const Range&)>;

Finding try_out(const Work& work, Range& range, WorkspaceMode mode, const Prepare& prepare) {
    Finding finding{mode == WorkspaceMode::cow ? "cow   " : "direct", work.name, "-", "", "works", ""};
    range.refresh();
    range.policy.mode = mode;
    if (const std::string word = missing(work, range); !word.empty()) {
        finding.verdict = "missing";
        finding.why = "no " + word + " here";
        return finding;
    }
    if (prepare) prepare(range);
    const Result result = range.bash(std::string("set -e\n") + work.script);
    const Seen seen = compare(result, {work.out});
    finding.seen = seen.shown;
    finding.why = seen.why + range.damage();
    if (!finding.why.empty()) finding.verdict = "BROKEN";
    return finding;
}

// As root and as an ordinary user, or as whom this process is.
void as_everybody(const std::string& what, const std::vector<Work>& works, const std::vector<WorkspaceMode>& modes,
                  const Prepare& prepare = {}) {
    if (no_sandbox_here()) return;
    const auto work_all = [&](Range& range, const Tell& tell) {
        for (const WorkspaceMode mode : modes)
            for (const Work& work : works) tell(try_out(work, range, mode, prepare));
    };
    if (::getuid() == 0) run_as(what + ", root", stay_as_it_is, work_all);
    run_as(what + ", an ordinary user", ::getuid() == 0 ? become_ordinary : stay_as_it_is, work_all);
}

// The sources of this project, where anybody may read them.
class Sources {
 public:
    Sources() {
        REQUIRE(::chmod(folder_.path().c_str(), 0755) == 0);
        const fs::path from = HEDDLE_SOURCE_DIR;
        for (const auto& entry : fs::directory_iterator(from))
            if (entry.is_regular_file()) fs::copy(entry.path(), folder_.path());
        for (const char* folder : {"cmake", "engine", "prompts", "sandbox", "tools", "runtime", "tests", "examples"})
            fs::copy(from / folder, folder_.path() / folder, fs::copy_options::recursive);
    }
    void lay_out(const Range& range) const {
        fs::copy(folder_.path(), range.work(), fs::copy_options::recursive | fs::copy_options::overwrite_existing);
    }

 private:
    TempFolder folder_;
};

}  // namespace

TEST_CASE("everyday: what developers do all day works in the sandbox") {
    as_everybody("everyday, tools", work_with_tools(), {WorkspaceMode::direct, WorkspaceMode::cow});
}

TEST_CASE("everyday: so do the small things that tools rely on") {
    as_everybody("everyday, small checks", small_checks(), {WorkspaceMode::direct, WorkspaceMode::cow});
}

TEST_CASE("everyday: this project is built in the sandbox, and suites of tests run there") {
    const Sources sources;
    as_everybody("everyday, whole projects", whole_projects(), {WorkspaceMode::cow},
                 [&](const Range& range) { sources.lay_out(range); });
}
