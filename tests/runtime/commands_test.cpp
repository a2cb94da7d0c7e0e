// tests/runtime/commands_test.cpp: The commands as a user runs them: exit code, one clear line, nothing on stdout.
#include <doctest.h>

#include <algorithm>
#include <chrono>
#include <fstream>

#include "prompts/message.h"
#include "runtime/cli/commands.h"
#include "runtime/store/trajectory.h"
#include "runtime/transcript.h"
#include "tests/support/heddle_program.h"

using namespace heddle;
using prompts::Json;
using test::HeddleProgram;

namespace {

const std::string goldens = HEDDLE_SOURCE_DIR "/tests/vectors/dsml-v3.2/";

std::string bytes_of(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

// Refused with this exit code, in one printable line that holds `part`, and nothing on standard output.
void check_refused(HeddleProgram& heddle, const std::vector<std::string>& arguments, int code,
                   const std::string& part) {
    CHECK(heddle.run(arguments) == code);
    CHECK(heddle.out().empty());
    const std::string err = heddle.err();
    std::string words;
    for (const auto& argument : arguments) words += argument + " ";
    INFO(words, ": ", err);
    CHECK(err.starts_with("heddle: "));
    CHECK(err.find('\n') + 1 == err.size());
    CHECK(err.find(part) != std::string::npos);
    CHECK(std::ranges::none_of(err, [](char c) { return c != '\n' && (static_cast<unsigned char>(c) < 0x20); }));
}

std::filesystem::path write(const std::filesystem::path& file, const std::string& bytes) {
    std::ofstream(file, std::ios::binary) << bytes;
    return file;
}

}  // namespace

TEST_CASE("commands: prompt render prints each of the vendor's goldens, byte for byte") {
    HeddleProgram heddle;
    CHECK(heddle.run({"prompt", "render", goldens + "test_input.json"}) == exit_done);
    CHECK(heddle.out() + "\n" == bytes_of(goldens + "test_output.txt"));  // the newline is the file's own
    for (const auto& [input, output] : {std::pair{"test_input_search_w_date.json", "test_output_search_w_date.txt"},
                                        std::pair{"developer_tools_input.json", "developer_tools_output.txt"}}) {
        CHECK(heddle.run({"prompt", "render", "--thinking", goldens + input}) == exit_done);
        CHECK(heddle.out() == bytes_of(goldens + output));
        CHECK(heddle.err().empty());
    }
}

TEST_CASE("commands: prompt render --no-thinking closes the block at once, --keep-thinking keeps old developers") {
    HeddleProgram heddle;
    const auto file = write(heddle.workspace() / "talk.json",
                            R"({"messages": [{"role": "developer", "content": "old"}, {"role": "user", "content": "a"},
        {"role": "assistant", "content": "b", "reasoning_content": "r"}, {"role": "user", "content": "c"}]})");
    const auto rendered = [&](const char* flag) {
        CHECK(heddle.run({"prompt", "render", flag, file}) == exit_done);
        return heddle.out();
    };
    CHECK(rendered("--thinking").ends_with("<think>"));
    CHECK(rendered("--no-thinking").ends_with("</think>"));
    CHECK(rendered("--thinking").find("old") == std::string::npos);
    CHECK(rendered("--keep-thinking").find("old") != std::string::npos);
}

TEST_CASE("commands: prompt parse reads what a model said, with and without an open block") {
    HeddleProgram heddle;
    CHECK(heddle.run({"prompt", "parse", "--thinking"}, "hm</think>yes<｜end▁of▁sentence｜>") == exit_done);
    Json message = Json::parse(heddle.out());
    CHECK(message["reasoning_content"] == "hm");
    CHECK(message["content"] == "yes");
    CHECK(heddle.run({"prompt", "parse"}, "yes<｜end▁of▁sentence｜>") == exit_done);
    CHECK(Json::parse(heddle.out())["content"] == "yes");
    const std::string hostile("\0\x1b[2J\xff\xc2\x9b\xe2\x80\xae\x7f", 12);
    CHECK(heddle.run({"prompt", "parse"}, hostile) == exit_done);
    CHECK(heddle.out().find_first_of(std::string("\0\x1b\x7f", 3)) == std::string::npos);
    CHECK(heddle.out().find("\xc2\x9b") == std::string::npos);
    CHECK(heddle.out().find("\xe2\x80\xae") == std::string::npos);
    CHECK(Json::parse(heddle.out())["content"].get<std::string>().find("\xe2\x80\xae") != std::string::npos);
}

TEST_CASE("commands: prompt render refuses what is no conversation with exit code 2 and one line") {
    HeddleProgram heddle;
    const auto folder = heddle.workspace();
    const auto refuse = [&](const std::filesystem::path& file, const std::string& part) {
        check_refused(heddle, {"prompt", "render", file}, exit_usage, part);
    };
    refuse(folder, "it is a folder");
    refuse("/nowhere/talk.json", "No such file or directory");
    refuse(write(folder / "empty.json", ""), "empty.json");
    refuse(write(folder / "text.json", "hello\n"), "text.json");
    refuse(write(folder / "binary.json", std::string("\x7f"
                                                     "ELF\0\x1b[2J\xff\xfe",
                                                     12)),
           "binary.json");
    refuse(write(folder / "none.json", R"({"tools": []})"), "messages");
    refuse(write(folder / "king.json", R"({"messages": [{"role": "king"}]})"), "no role \"king\"");
    refuse(write(folder / "tool.json", R"({"messages": [{"role": "tool", "content": "x"}]})"), "message 0");
    refuse(write(folder / "\x1b[2J.json", "x"), "\\x1b[2J.json");
    check_refused(heddle, {"prompt", "render"}, exit_usage, "FILE");
    check_refused(heddle, {"prompt", "render", "--bogus", "x"}, exit_usage, "--bogus");
    check_refused(heddle, {"prompt"}, exit_usage, "subcommand");
}

TEST_CASE("commands: exec refuses what it cannot use in one line, before anything runs") {
    HeddleProgram heddle;
    const auto refuse = [&](std::vector<std::string> more, int code, const std::string& part) {
        check_refused(heddle, heddle.exec(std::move(more)), code, part);
    };
    refuse({"--bogus", "hi"}, exit_usage, "--bogus");
    refuse({"\x1b[2J", "\x1b]0;x"}, exit_usage, "\\x1b]0;x");
    refuse({""}, exit_usage, "prompt");
    refuse({" \n"}, exit_usage, "the prompt is empty");
    refuse({"hi", "-"}, exit_usage, "-");
    refuse({"--tokens", "0", "hi"}, exit_usage, "--tokens");
    check_refused(heddle, {"exec", "--model", "/no/model", "--cd", heddle.workspace(), "hi"}, exit_environment,
                  "/no/model");
    check_refused(heddle, {"exec", "--model", heddle.model(), "--cd", "/no\x1bwhere", "hi"}, exit_environment,
                  "cannot work in /no\\x1bwhere");
    CHECK(!std::filesystem::exists(heddle.store()));
}

TEST_CASE("commands: exec PROMPT does not wait for a pipe that nobody writes to and nobody closes") {
    HeddleProgram heddle;
    const auto begun = std::chrono::steady_clock::now();
    const int code = heddle.run_with_open_pipe(heddle.exec({"--tokens", "1", "hello"}));
    CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(60));
    CHECK((code == exit_limit || code == exit_environment));
    CHECK(heddle.err().find("going on without it") != std::string::npos);
}

TEST_CASE("commands: log refuses a store that is none, or damaged, in one line, and leaves it as it is") {
    HeddleProgram heddle;
    std::filesystem::create_directories(heddle.store().parent_path());
    std::string whole;
    {
        auto trajectory = Trajectory::create(heddle.store(), {"/w", "pocket", "", "until_user"});
        trajectory.append(TurnStarted{"hello", Json::object()});
    }
    whole = bytes_of(heddle.store());
    const std::vector<std::vector<std::string>> commands{
        {"log", "list"}, {"log", "show"}, {"log", "export", "--format", "jsonl"}};
    for (const auto& bytes : {std::string(5000, 'x'), std::string("\x1b[2J"), whole.substr(0, 4096 + 100),
                              whole.substr(0, 100) + std::string(8000, '\x5a') + whole.substr(8100)}) {
        write(heddle.store(), bytes);
        for (const auto& command : commands) check_refused(heddle, command, exit_environment, "heddle.db");
        CHECK(bytes_of(heddle.store()) == bytes);
    }
    std::filesystem::remove(heddle.store());
    std::filesystem::create_directory(heddle.store());
    for (const auto& command : commands) check_refused(heddle, command, exit_environment, "heddle.db");
}

TEST_CASE("commands: log reads beside a writer, and says what is not there") {
    HeddleProgram heddle;
    CHECK(heddle.run({"log", "list"}) == exit_done);
    CHECK(heddle.out().empty());
    check_refused(heddle, {"log", "show"}, exit_environment, "there is no store");
    auto writer = Trajectory::create(heddle.store(), {"/w", "pocket", "", "until_user"});
    writer.append(TurnStarted{"a \x1b[2J \xe2\x80\xae", Json::object()});
    for (const auto& command : {std::vector<std::string>{"log", "list"}, {"log", "show"}, {"log", "show", "--json"}}) {
        CHECK(heddle.run(command) == exit_done);
        CHECK(heddle.out().find(writer.id()) != std::string::npos);
        CHECK(heddle.out().find('\x1b') == std::string::npos);
        CHECK(heddle.out().find("\xe2\x80\xae") == std::string::npos);
    }
    check_refused(heddle, {"log", "show", "zz\x1b"}, exit_environment, "zz\\x1b");
    check_refused(heddle, {"log", "export", "--format", "csv"}, exit_usage, "csv");
}
