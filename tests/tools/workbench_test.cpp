// tests/tools/workbench_test.cpp: Calls one after the other work on one state of the workspace, whatever its mode.
#include "tools/workbench.h"

#include <fcntl.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "sandbox/changes/describe.h"
#include "sandbox/changes/diff.h"
#include "tests/support/tool_house.h"

using namespace heddle::test;
using heddle::sandbox::Limits;
using heddle::sandbox::WorkspaceMode;
namespace fs = std::filesystem;

namespace {

constexpr WorkspaceMode apart[] = {WorkspaceMode::cow, WorkspaceMode::copy};

std::string text_of(const fs::path& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::string changes_of(const heddle::sandbox::Session& session, const fs::path& workspace) {
    const heddle::sandbox::Fd root(::open(workspace.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return heddle::sandbox::changes::describe(heddle::sandbox::changes::diff(session.changes(), root, {}));
}

}  // namespace

TEST_CASE("workbench: where changes are kept apart each call sees what those before it wrote, and the host nothing") {
    if (not_here()) return;
    for (const WorkspaceMode mode : apart) {
        INFO(heddle::sandbox::name_of(mode));
        ToolHouse house({}, mode);
        house.write("late", "written when the session was open\n");
        CHECK(house.bash("echo one > file; ls nothing 2>/dev/null; true") == "[no output]");
        CHECK(house.bash("cat file; echo two >> file") == "one");
        CHECK(house.python("print(open('file').read(), end='')") == "one\ntwo");
        const std::string read = house.call("read_file", {{"path", "file"}}).text;
        CHECK(read.find("1\tone\n2\ttwo\n") != std::string::npos);
        CHECK(house.call("read_file", {{"path", (house.root() / "file").native()}}).text == read);
        CHECK(house.bash("ln -s /etc/hostname out; ln -s file in") == "[no output]");
        CHECK(house.call("read_file", {{"path", "in"}}).text == read);
        CHECK(house.call("read_file", {{"path", "out"}}).text == "[error: outside the folder: out]");
        CHECK_FALSE(fs::exists(house.root() / "file"));
        const auto* session = house.bench().end();
        REQUIRE(session != nullptr);
        CHECK(changes_of(*session, house.root()).find("A file\n") != std::string::npos);
    }
    ToolHouse direct;
    CHECK(direct.bash("echo one > file") == "[no output]");
    CHECK(text_of(direct.root() / "file") == "one\n");
    CHECK(direct.bench().end() == nullptr);
}

TEST_CASE("workbench: past its memory a session ends, and the next call has the same files") {
    if (not_here()) return;
    Limits limits;
    limits.memory_bytes = 96u << 20;
    for (const WorkspaceMode mode : apart) {
        ToolHouse house(limits, mode);
        CHECK(house.bash("echo kept > file") == "[no output]");
        CHECK(house.python("x = bytearray(400 << 20)").find("memory") != std::string::npos);
        CHECK(house.bash("cat file").starts_with("kept\n[the shell is a new one"));
        CHECK(house.bash("cat file") == "kept");
        CHECK(house.call("read_file", {{"path", "file"}}).ok);
    }
}

TEST_CASE("workbench: a workspace that is gone ends the task") {
    if (not_here()) return;
    ToolHouse house;
    fs::remove_all(house.root());
    CHECK_THROWS_AS(house.call("read_file", {{"path", "file"}}), heddle::sandbox::Error);
    fs::create_directory(house.root());
}
