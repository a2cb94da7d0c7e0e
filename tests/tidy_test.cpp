// tests/tidy_test.cpp: Holds the house rules: who may include whom, how long a file is, what is never called.
#include <doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace fs = std::filesystem;

namespace {

const fs::path root = HEDDLE_SOURCE_DIR;

// Who may include whom besides itself; tests and examples may see all.
const std::map<std::string, std::set<std::string>> may_include = {
    {"engine", {}},
    {"sandbox", {}},
    {"prompts", {}},
    {"tools", {"prompts", "sandbox"}},
    {"runtime", {"engine", "prompts", "sandbox", "tools"}},
};

// The files of the runtime that may see the engine: the model in process, the house's builder, and the subcommands
// that are the engine's own face on the command line.
const std::regex sees_engine("runtime/(model/engine_model|app|cli/model[a-z_]*)\\.(h|cpp)");

struct SourceFile {
    std::string path;    // from the root, with slashes
    std::string folder;  // the first part of the path
    std::vector<std::string> lines;
};

std::vector<SourceFile> sources() {
    std::vector<SourceFile> found;
    for (const char* folder : {"engine", "prompts", "sandbox", "tools", "runtime", "tests", "examples"}) {
        for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
            const std::string extension = entry.path().extension();
            if (extension != ".h" && extension != ".cpp" && extension != ".c" && extension != ".cu") continue;
            SourceFile file{fs::relative(entry.path(), root), folder, {}};
            std::ifstream in(entry.path());
            for (std::string line; std::getline(in, line);) file.lines.push_back(line);
            found.push_back(std::move(file));
        }
    }
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
    REQUIRE(found.size() > 20);
    return found;
}

bool is_part_of_the_house(const SourceFile& file) {
    return may_include.count(file.folder) > 0;
}

}  // namespace

TEST_CASE("tidy: includes follow the directions of the house") {
    const std::regex include("^\\s*#include \"([a-z_]+)/.*\"");
    for (const auto& file : sources()) {
        if (!is_part_of_the_house(file)) continue;
        for (const auto& line : file.lines) {
            std::smatch match;
            if (!std::regex_search(line, match, include)) continue;
            const std::string target = match[1];
            INFO(file.path, ": ", line);
            CHECK((target == file.folder || may_include.at(file.folder).count(target) == 1));
            if (file.folder == "runtime" && target == "engine") CHECK(std::regex_match(file.path, sees_engine));
        }
    }
}

TEST_CASE("tidy: what parses pages is in the program that reads them as a guest, and in no other") {
    const std::regex apart("^\\s*#include [\"<](tools/web/reader/|curl/|gumbo|cmark|zlib).*");
    for (const auto& file : sources()) {
        if (!is_part_of_the_house(file) || file.path.rfind("tools/web/reader/", 0) == 0) continue;
        for (const auto& line : file.lines) {
            INFO(file.path, ": ", line);
            CHECK(!std::regex_match(line, apart));
        }
    }
}

TEST_CASE("tidy: an include of our own names the full path from the root") {
    const std::regex quoted("^\\s*#include \"([^\"]+)\"");
    for (const auto& file : sources()) {
        if (fs::path(file.path).extension() == ".c") continue;
        for (const auto& line : file.lines) {
            std::smatch match;
            if (!std::regex_search(line, match, quoted)) continue;
            INFO(file.path, ": ", line);
            CHECK(fs::exists(root / match[1].str()));
        }
    }
}

TEST_CASE("tidy: a file has at most 400 lines, and opens with its path and what it is") {
    for (const auto& file : sources()) {
        INFO(file.path);
        CHECK(file.lines.size() <= 400);
        REQUIRE(!file.lines.empty());
        CHECK(file.lines[0].rfind("// " + file.path + ": ", 0) == 0);
    }
}

TEST_CASE("tidy: headers are guarded by pragma once and open no namespace to others") {
    for (const auto& file : sources()) {
        if (fs::path(file.path).extension() != ".h") continue;
        INFO(file.path);
        CHECK(std::find(file.lines.begin(), file.lines.end(), "#pragma once") != file.lines.end());
        for (const auto& line : file.lines) CHECK(line.find("using namespace") == std::string::npos);
    }
}

TEST_CASE("tidy: nothing calls what hands text to a shell or writes past a buffer") {
    const std::regex banned(
        "(^|[^A-Za-z0-9_.>])(std::)?(system|popen|strcpy|strcat|sprintf|vsprintf|gets|tmpnam|mktemp)\\(");
    for (const auto& file : sources()) {
        if (file.path.rfind("tests/guests/", 0) == 0 || file.path == "tests/tidy_test.cpp") continue;
        for (const auto& line : file.lines) {
            INFO(file.path, ": ", line);
            CHECK(!std::regex_search(line, banned));
        }
    }
}

TEST_CASE("tidy: descriptors and processes end in one place each") {
    // Bare close, kill and waitpid outside the owners of descriptors and processes lose track of who ends what.
    const std::regex bare("(^|[^A-Za-z0-9_.>:])(::)?(close|kill|waitpid)\\(");
    for (const auto& file : sources()) {
        if (!is_part_of_the_house(file) || file.folder == "sandbox") continue;
        for (const auto& line : file.lines) {
            INFO(file.path, ": ", line);
            CHECK(!std::regex_search(line, bare));
        }
    }
}

TEST_CASE("tidy: no work is left behind as a remark") {
    const std::regex remark("\\b(TODO|FIXME|XXX|HACK)\\b");
    for (const auto& file : sources()) {
        if (file.path == "tests/tidy_test.cpp") continue;
        for (const auto& line : file.lines) {
            INFO(file.path, ": ", line);
            CHECK(!std::regex_search(line, remark));
        }
    }
}

TEST_CASE("tidy: each folder has a README of at most 40 lines") {
    for (const char* folder : {"engine", "prompts", "sandbox", "tools", "runtime", "tests", "examples"}) {
        const fs::path readme = root / folder / "README.md";
        INFO(readme.string());
        REQUIRE(fs::exists(readme));
        std::ifstream in(readme);
        CHECK(std::count(std::istreambuf_iterator<char>(in), {}, '\n') <= 40);
    }
}

TEST_CASE("tidy: nothing reads from outside the tree, and nothing names a machine") {
    const std::regex checkout("/(work|workspace|builds|checkout)/");  // where machines keep their trees
    for (const auto& file : sources()) {
        if (file.path == "tests/tidy_test.cpp") continue;
        for (const auto& line : file.lines) {
            INFO(file.path, ": ", line);
            CHECK(line.find("../shared") == std::string::npos);
            CHECK(!std::regex_search(line, checkout));
        }
    }
}
