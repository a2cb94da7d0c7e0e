// tests/sandbox/changes/texts_test.cpp: Links as text, and lists of changes as text.
#include <doctest.h>

#include "sandbox/changes/describe.h"
#include "sandbox/changes/plan.h"
#include "sandbox/changes/refusals.h"

using namespace heddle::sandbox::changes;

TEST_CASE("links: a target may climb at its front, and no further than the root") {
    for (const char* target : {"x", "./x", "a/b/c", "../x", "..", "../../top", ".././../x", "a//b"}) {
        INFO(std::string(target));
        CHECK(leaves_tree("d/e/link", target) == "");
    }
    for (const char* target : {"/x", "/", "../../../x", "a/../x", "../a/../../x", "../../.."}) {
        INFO(std::string(target));
        CHECK(leaves_tree("d/e/link", target) != "");
    }
    CHECK(leaves_tree("link", "..") != "");
}

TEST_CASE("describe: the refused come first, and the rest is counted") {
    std::vector<Change> changes(5);
    for (std::size_t at = 0; at < 5; ++at) changes[at].path = std::string(1, static_cast<char>('a' + at));
    changes[3].refusal = "protected: git hook";
    CHECK(describe(changes) == "! d (protected: git hook)\nA a\nA b\nA c\nA e\n");
    CHECK(describe(changes, 2) == "! d (protected: git hook)\nA a\n... and 3 more\n");
    changes[0].path = "x (protected: git hook)\nA y";
    CHECK(describe(changes, 2) == "! d (protected: git hook)\nA \"x (protected: git hook)\\x0aA y\"\n... and 3 more\n");
    CHECK(describe({}) == "");
}

TEST_CASE("plan: steps come back from their text, and a text that was cut short is none") {
    Step step;
    step.kind = Step::Kind::exchange;
    step.path = "a\n\xff/b c";
    step.slot = 7;
    step.inode = 1ull << 63;
    step.folder = true;
    step.mode = 0755;
    step.uid = 100000;
    step.modified = -5;
    const Plan plan{step, Step{Step::Kind::remove_folder, "d", 0, 0, false, 01777, 0, 1, 2, 3}};
    const std::string text = encode(plan);
    CHECK(decode(text) == plan);
    CHECK(decode(encode({})) == Plan{});
    for (std::size_t size = 0; size < text.size(); ++size) CHECK(!decode(text.substr(0, size)).has_value());
    for (const char* path : {"", "/a", "a//b", "../a", "a/..", "a/", "."}) {
        INFO(std::string(path));
        CHECK(!decode(encode({Step{Step::Kind::take, path}})).has_value());
    }
}
