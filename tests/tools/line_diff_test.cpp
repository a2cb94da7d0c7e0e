// tests/tools/line_diff_test.cpp: A diff reads as diff -u writes it, and applied to the old text gives the new one.
#include "tools/line_diff.h"

#include <doctest.h>
#include <fmt/format.h>

#include <chrono>
#include <random>
#include <string>

#include "tools/hunks.h"
#include "tools/patch.h"
#include "tools/text_file.h"

using namespace heddle::tools;

namespace {

std::string numbered(int first, int last) {
    std::string text;
    for (int i = first; i <= last; ++i) text += fmt::format("{}\n", i);
    return text;
}

}  // namespace

TEST_CASE("line_diff: hunks are those of diff -u") {
    CHECK(line_diff("a\n", "a\n").empty());
    CHECK(line_diff("", "a\n") == "@@ -0,0 +1 @@\n+a\n");
    CHECK(line_diff("a\nb\n", "") == "@@ -1,2 +0,0 @@\n-a\n-b\n");
    CHECK(line_diff("a\nb", "a\nb\n") == "@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n");
    CHECK(line_diff(numbered(1, 20), numbered(1, 9) + "x\n" + numbered(11, 20)) ==
          "@@ -7,7 +7,7 @@\n 7\n 8\n 9\n-10\n+x\n 11\n 12\n 13\n");
    CHECK(line_diff(numbered(1, 20), numbered(2, 19)) ==
          "@@ -1,4 +1,3 @@\n-1\n 2\n 3\n 4\n@@ -17,4 +16,3 @@\n 17\n 18\n 19\n-20\n");
    CHECK(line_diff("a\x1b\n", "b\n") == "@@ -1 +1 @@\n-a\\x1b\n+b\n");
}

TEST_CASE("line_diff: applied to the old text it gives the new one, for a thousand pairs of texts") {
    std::mt19937 random(5);
    for (int i = 0; i < 1'000; ++i) {
        const auto text = [&] {
            std::string made;
            for (auto lines = random() % 60; lines > 0; --lines) made += fmt::format("{}\n", random() % 6);
            if (random() % 3 == 0 && !made.empty()) made.pop_back();
            return made;
        };
        const std::string before = text() + "x\n";
        std::string after = before;
        for (auto edits = 1 + random() % 3; edits > 0; --edits) {
            const std::size_t at = random() % (after.size() + 1);
            random() % 2 ? after.erase(at, random() % 9) : after.insert(at, text().substr(0, random() % 9));
        }
        const std::string diff = line_diff(before, after);
        INFO(before, "->\n", after, "\n", diff);
        REQUIRE(diff.empty() == (before == after));
        if (diff.empty()) continue;
        const auto files = parse_patch("--- a/f\n+++ b/f\n" + diff);
        const TextFile file(before, "f");
        const PlacedHunks placed = place_hunks(files.at(0).hunks, before, "f");
        REQUIRE(placed.notes.empty());
        REQUIRE(file.with(placed.splices) == after);
    }
}

TEST_CASE("line_diff: texts that are made to be slow to compare are compared soon, in bounded text") {
    std::string before, after;
    for (int i = 0; i < 500'000; ++i) {
        before += i % 1'000 == 0 ? "x\n" : i % 2 ? "a\n" : "b\n";
        after += i % 1'000 == 500 ? "y\n" : i % 2 ? "a\n" : "b\n";
    }
    const auto begin = std::chrono::steady_clock::now();
    const std::string diff = line_diff(before, after);
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(20));
    CHECK(diff.size() < 6'200);
    CHECK(diff.find("lines of the diff left out]") != std::string::npos);
}
