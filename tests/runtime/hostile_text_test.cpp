// tests/runtime/hostile_text_test.cpp: Noise of a model and hostile files, through every command that shows them.
#include <doctest.h>

#include <algorithm>

#include "prompts/message.h"
#include "runtime/cli/commands.h"
#include "tests/support/heddle_program.h"

using namespace heddle;
using test::HeddleProgram;

namespace {

const std::string hostile("\x1b]0;owned\x07\x1b[2J\x9b\xc2\x9b \xe2\x80\xae\xe2\x81\xa6 \xff\r\x7f\0 end", 33);

bool is_harmless(const std::string& text) {
    for (const char* part : {"\xc2\x9b", "\xe2\x80\xae", "\xe2\x81\xa6"}) {
        if (text.find(part) != std::string::npos) return false;
    }
    // No control byte, and no byte that is no UTF-8.
    return heddle::prompts::Json(text).dump(-1, ' ', false, prompts::Json::error_handler_t::ignore).size() ==
               heddle::prompts::Json(text).dump(-1, ' ', false, prompts::Json::error_handler_t::replace).size() &&
           std::ranges::none_of(text, [](char c) {
               const auto byte = static_cast<unsigned char>(c);
               return (byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7f;
           });
}

void check_log(HeddleProgram& heddle) {
    for (const auto& command : {std::vector<std::string>{"log", "list"},
                                {"log", "show"},
                                {"log", "show", "--json"},
                                {"log", "export", "--format", "jsonl"}}) {
        CHECK(heddle.run(command) == exit_done);
        CHECK(!heddle.out().empty());
        CHECK(is_harmless(heddle.out()));
    }
}

}  // namespace

TEST_CASE("hostile text: a model's noise never reaches a terminal raw, through exec, the conversation and the log") {
    HeddleProgram heddle;
    for (const char* seed : {"1", "2", "3"}) {
        INFO("seed ", seed);
        const std::vector<std::string> noise{"--temperature", "1.5", "--seed", seed, "--tokens", "150"};
        auto words = noise;
        words.push_back(hostile.c_str());  // an argument ends at a NUL
        if (heddle.run(heddle.exec(words)) == exit_environment) {
            MESSAGE("not tried: exec cannot run here: ", heddle.err());
            return;
        }
        CHECK(is_harmless(heddle.err()));
        check_log(heddle);
        words.push_back("--json");
        heddle.run(heddle.exec(words));
        CHECK(is_harmless(heddle.out()));
        CHECK(is_harmless(heddle.err()));
        words = heddle.exec(noise);
        words.erase(words.begin());  // no command: the conversation
        heddle.run(words, hostile + "\n" + hostile + "\n");
        CHECK(is_harmless(heddle.out()));
        CHECK(is_harmless(heddle.err()));
        check_log(heddle);
    }
}

TEST_CASE("hostile text: what a tool read from a file never reaches a terminal raw") {
    HeddleProgram heddle;
    std::ofstream(heddle.workspace() / "budget.txt", std::ios::binary) << hostile << "\n";
    const auto words = [&](std::vector<std::string> more) {
        more.insert(more.end(), {"--model", HEDDLE_SOURCE_DIR "/examples/pocket/model", "--cd", heddle.workspace(),
                                 "--threads", "1", "--temperature", "0", "--steps", "3"});
        return more;
    };
    const std::string question = "What does the first line of budget.txt say?";
    if (heddle.run(words({"exec", question})) == exit_environment) {
        MESSAGE("not tried: exec cannot run here: ", heddle.err());
        return;
    }
    CHECK(heddle.err().find("\\x7f") != std::string::npos);
    CHECK(is_harmless(heddle.err()));
    CHECK(is_harmless(heddle.out()));
    check_log(heddle);
    heddle.run(words({"exec", "--json", question}));
    CHECK(heddle.out().find("\\\\x7f") != std::string::npos);
    CHECK(is_harmless(heddle.out()));
    heddle.run(words({}), question + "\n");
    CHECK(is_harmless(heddle.out()));
    CHECK(is_harmless(heddle.err()));
}
