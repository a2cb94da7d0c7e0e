// tests/tools/folder_race_test.cpp: A folder that turns into a link and back leads no tool out, to read or to write.
#include <doctest.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>

#include <cstdio>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <iterator>
#include <thread>

#include "tests/support/file_house.h"

namespace fs = std::filesystem;
using heddle::test::contains;
using heddle::test::FileHouse;

TEST_CASE("file tools: a folder that turns into a link and back leads none of them out") {
    const FileHouse house;
    const fs::path elsewhere = house.temp.path() / "elsewhere";
    fs::create_directories(elsewhere);
    for (const char* name : {"f", "g"}) std::ofstream(elsewhere / name) << "SECRET\n";
    house.put("d/f", "inside\n");
    house.put("d/g", "inside\n");
    fs::create_symlink("../elsewhere", house.root / "l");
    std::atomic<bool> done = false, broken = false;
    int swaps = 0;
    std::thread racer([&] {
        const std::string d = house.root / "d", l = house.root / "l";
        while (!done) {  // at any moment there is a folder of that name, or a link
            if (::renameat2(AT_FDCWD, d.c_str(), AT_FDCWD, l.c_str(), RENAME_EXCHANGE) != 0) broken = true;
            if (++swaps % 16 == 0) std::this_thread::sleep_for(std::chrono::microseconds(300));
        }
    });
    int written = 0, refused = 0;
    for (int i = 0; i < 1'500 && !broken; ++i) {
        const std::string now = fmt::format("inside {}\n", i);
        const auto count = [&](const heddle::tools::ToolResult& result) {
            CHECK(!contains(result.text, "SECRET"));
            (result.ok ? written : refused) += 1;
        };
        switch (i % 6) {
            case 0:
                count(house.call("write_file", {{"path", "d/f"}, {"content", now}}));
                break;
            case 1:
                count(house.call("write_file", {{"path", fmt::format("d/new/{}", i)}, {"content", now}}));
                break;
            case 2:
                count(house.edit("d/g", "inside", "inside of"));
                break;
            case 3:
                count(house.patch("--- a/d/g\n+++ b/d/g\n@@ -1 +1,2 @@\n+inside\n inside\n--- /dev/null\n+++ b/d/" +
                                  fmt::format("p{}", i) + "\n@@ -0,0 +1 @@\n+inside\n"));
                break;
            case 4:
                count(house.call("list", {{"path", "d"}}));
                break;
            default:
                count(house.call("grep", {{"glob", "*"}, {"path", "d"}}));
        }
    }
    done = true;
    racer.join();
    CHECK(!broken);
    CHECK(written > 0);
    CHECK(refused > 0);
    MESSAGE(written, " done, ", refused, " refused");
    CHECK(std::distance(fs::directory_iterator(elsewhere), {}) == 2);
    for (const char* name : {"f", "g"}) {
        std::ifstream in(elsewhere / name);
        CHECK(std::string(std::istreambuf_iterator<char>(in), {}) == "SECRET\n");
    }
}
