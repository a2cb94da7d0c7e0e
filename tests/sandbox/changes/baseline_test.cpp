// tests/sandbox/changes/baseline_test.cpp: Which edits of the host are younger than the opening.
#include "sandbox/changes/baseline.h"

#include <doctest.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "tests/support/temp_folder.h"

using namespace heddle::sandbox::changes;

TEST_CASE("baseline: what was written just before is old, what is written just after is new, in every tick") {
    const heddle::test::TempFolder folder;
    const auto newer = [&](const Baseline& baseline) {
        struct stat found {};
        REQUIRE(::lstat((folder.path() / "f").c_str(), &found) == 0);
        return baseline.is_newer("f", found);
    };
    for (int round = 0; round < 200; ++round) {
        std::ofstream(folder.path() / "f") << round;
        Baseline baseline = Baseline::take();
        CHECK(!newer(baseline));
        baseline.settle();
        std::ofstream(folder.path() / "f") << round;
        CHECK(newer(baseline));
        struct stat found {};
        REQUIRE(::lstat((folder.path() / "f").c_str(), &found) == 0);
        baseline.written["f"] = nanoseconds(found.st_ctim);
        CHECK(!newer(baseline));
    }
}

TEST_CASE("baseline: a time that was set back hides no edit") {
    const heddle::test::TempFolder folder;
    const Baseline baseline = Baseline::take();
    baseline.settle();
    std::ofstream(folder.path() / "f") << "edit";
    std::filesystem::last_write_time(folder.path() / "f",
                                     std::filesystem::file_time_type::clock::now() - std::chrono::hours(1000));
    struct stat found {};
    REQUIRE(::lstat((folder.path() / "f").c_str(), &found) == 0);
    CHECK(baseline.is_newer("f", found));
}
