// tests/tools/long_output_test.cpp: What is too long lies whole in a file, and only that.
#include "tools/long_output.h"

#include <doctest.h>
#include <sys/stat.h>

#include <fstream>
#include <memory>

#include "tests/support/temp_folder.h"
#include "tools/clip.h"
#include "tools/error.h"

using namespace heddle::tools;
namespace fs = std::filesystem;

namespace {

std::string bytes_of(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

int mode_of(const fs::path& path) {
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    return static_cast<int>(status.st_mode & 0777);
}

}  // namespace

TEST_CASE("long_output: what a model reads at once makes no file, and an empty folder goes") {
    const heddle::test::TempFolder home;
    fs::path path;
    {
        const OutputFolder folder(home.path() / "state" / "outputs");
        path = folder.path();
        LongOutput output(&folder);
        output.add(std::string(text_bytes_max, 'x'));
        CHECK(output.note().empty());
        CHECK(fs::is_empty(path));
    }
    CHECK(!fs::exists(path));
    CHECK(fs::exists(home.path() / "state" / "outputs"));
}

TEST_CASE("long_output: more than that lies whole in a file that stays, each in its own") {
    const heddle::test::TempFolder home;
    fs::path first, second;
    {
        const OutputFolder folder(home.path() / "outputs");
        first = folder.path() / "1.txt";
        second = folder.path() / "2.txt";
        for (const fs::path& file : {first, second}) {
            LongOutput output(&folder);
            for (int i = 0; i < 100; ++i) output.add(std::string(999, 'a') + "\n");
            CHECK(output.note() == "all 100000 bytes are in " + file.string() + ", for read_file");
            CHECK(folder.holds(file));
        }
        CHECK(!folder.holds(folder.path()));
        CHECK(!folder.holds(folder.path() / ".." / "x"));
        CHECK(!folder.holds("/etc/passwd"));
    }
    CHECK(bytes_of(first).size() == 100'000);
    CHECK(bytes_of(second).size() == 100'000);
    CHECK(mode_of(home.path() / "outputs") == 0700);  // of this user alone
    CHECK(mode_of(first.parent_path()) == 0755);      // in there the guest reads, who is another
    CHECK(mode_of(first) == 0644);
}

TEST_CASE("long_output: a file has its limit, and what it lacks is said") {
    const heddle::test::TempFolder home;
    const OutputFolder folder(home.path() / "outputs");
    LongOutput output(&folder);
    const std::string block(1 << 20, 'x');
    for (int i = 0; i < 65; ++i) output.add(block);
    CHECK(output.note() ==
          "the first 67108864 of 68157440 bytes are in " + (folder.path() / "1.txt").string() + ", for read_file");
    CHECK(fs::file_size(folder.path() / "1.txt") == LongOutput::bytes_max);
}

TEST_CASE("long_output: without a folder nothing is kept; one that cannot be made is told") {
    LongOutput output(nullptr);
    output.add(std::string(1 << 20, 'x'));
    CHECK(output.note().empty());
    const heddle::test::TempFolder home;
    std::ofstream(home.path() / "file") << "x";
    CHECK_THROWS_AS(OutputFolder(home.path() / "file"), Error);
}
