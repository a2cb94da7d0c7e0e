// tests/runtime/index_cli_test.cpp: heddle index as a user types it, right and wrong.
#include <doctest.h>

#include <fstream>
#include <string>

#include "runtime/cli/commands.h"
#include "tests/support/heddle_program.h"
#include "tests/support/tool_house.h"

using namespace heddle;
using test::HeddleProgram;
namespace fs = std::filesystem;

namespace {

struct Docs {
    HeddleProgram heddle;
    fs::path folder = heddle.workspace() / "docs";

    Docs() {
        fs::create_directories(folder / "deep");
        std::ofstream(folder / "a.txt") << "one text\n";
        std::ofstream(folder / "deep/b.md") << "# Another\n";
        std::ofstream(folder / "c.bin", std::ios::binary) << std::string("\0\1\2", 3);
    }
    std::string lines(const std::string& text) const { return folder.string() + text; }
    bool is_one_line() const {
        const std::string said = heddle.err();
        return said.starts_with("heddle: ") && said.find('\n') + 1 == said.size();
    }
};

}  // namespace

TEST_CASE("heddle index: says on one line what it has of a folder, and where no terminal is, nothing else") {
    if (test::not_here()) return;
    Docs docs;
    CHECK(docs.heddle.run({"index", docs.folder}) == exit_done);
    CHECK(docs.heddle.out() == docs.lines(": 2 documents (2 new, 0 changed, 0 gone); 1 file is no text\n"));
    CHECK(docs.heddle.err().empty());
    CHECK(docs.heddle.run({"index"}) == exit_done);  // all that is known, again
    CHECK(docs.heddle.out() == docs.lines(": 2 documents\n"));
    CHECK(docs.heddle.run({"index", "--list"}) == exit_done);
    CHECK(docs.heddle.out() == "file://docs/  2 documents  " + docs.lines("\n"));
    CHECK(docs.heddle.run({"index", "--remove", docs.folder}) == exit_done);
    CHECK(docs.heddle.out() == docs.lines(": 2 documents removed from the index\n"));
    CHECK(docs.heddle.run({"index", "--list"}) == exit_done);
    CHECK(docs.heddle.out().empty());
}

TEST_CASE("heddle index: what was typed wrong is one line, and the index stays as it is") {
    if (test::not_here()) return;
    Docs docs;
    CHECK(docs.heddle.run({"index", docs.folder / "no"}) == exit_usage);
    CHECK(docs.is_one_line());
    CHECK(docs.heddle.run({"index", docs.folder / "a.txt"}) == exit_usage);
    CHECK(docs.is_one_line());
    CHECK(docs.heddle.run({"index", "--lst"}) == exit_usage);
    CHECK(docs.heddle.run({"index", "--list", docs.folder}) == exit_usage);
    CHECK(docs.heddle.run({"index"}) == exit_environment);
    CHECK(docs.heddle.err() == "heddle: nothing is indexed yet; name a folder: heddle index DIR\n");
    CHECK(docs.heddle.run({"index", "--remove", docs.folder}) == exit_environment);
    CHECK(docs.heddle.err().find("is not indexed; heddle index --list says what is") != std::string::npos);
}

TEST_CASE("heddle index: a folder within another is not indexed twice") {
    if (test::not_here()) return;
    Docs docs;
    CHECK(docs.heddle.run({"index", docs.folder / "deep"}) == exit_done);
    CHECK(docs.heddle.run({"index", docs.folder}) == exit_done);
    CHECK(docs.heddle.err() == "heddle: " + docs.lines("/deep is a part of it now\n"));
    CHECK(docs.heddle.run({"index", docs.folder / "deep"}) == exit_environment);
    CHECK(docs.heddle.err().find("which is indexed already") != std::string::npos);
    CHECK(docs.heddle.run({"index", "--list"}) == exit_done);
    CHECK(docs.heddle.out() == "file://docs/  2 documents  " + docs.lines("\n"));
}

TEST_CASE("heddle index: a name with an escape sequence is harmless on the terminal") {
    if (test::not_here()) return;
    Docs docs;
    const fs::path folder = docs.heddle.workspace() / "x\x1b[2J\ny";
    fs::create_directories(folder);
    std::ofstream(folder / "a.txt") << "text\n";
    CHECK(docs.heddle.run({"index", folder}) == exit_done);
    CHECK(docs.heddle.out().find('\x1b') == std::string::npos);
    CHECK(docs.heddle.run({"index", "--list"}) == exit_done);
    CHECK(docs.heddle.out().starts_with("file://x--2J-y/  1 document  "));
    CHECK(docs.heddle.out().find('\x1b') == std::string::npos);
}
