// tests/support/random_messages.h: Random messages of a conversation, with texts that try to look like its format.
#pragma once

#include <fmt/core.h>

#include <random>
#include <string>
#include <vector>

#include "prompts/message.h"

namespace heddle::test {

class RandomMessages {
 public:
    explicit RandomMessages(unsigned seed) : random_(seed) {}

    int number(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }

    std::string text(int parts_max) {
        static const char* const parts[] = {"the ",     "sum",      "\n\n", "\n",  " ", "<result>", "</result>\n<",
                                            "</think>", "<",        ">\n",  "...", "7", "<think>",  "<｜User｜>",
                                            "杭州",     "｜DSML｜", "er",   "\n<", "a", "é",        "function_results"};
        std::string made;
        for (int i = number(parts_max + 1); i > 0; --i) made += parts[number(static_cast<int>(std::size(parts)))];
        return made;
    }

    // A text that ends in a letter and holds nothing that a parser could take for part of the format.
    std::string plain(int words) {
        std::string made = "so";
        for (int i = number(words); i > 0; --i) made += fmt::format(" the word {}", number(90));
        return made + " x";
    }

    prompts::Message user() {
        prompts::Message message;
        message.content = "q" + text(8);
        return message;
    }

    prompts::Message reply(int calls) {
        prompts::Message message;
        message.role = prompts::Role::assistant;
        message.reasoning = plain(6);
        if (calls == 0 || number(3) == 0) message.content = plain(5);
        for (int i = 0; i < calls; ++i) {
            prompts::ToolCall call{fmt::format("call_{}", i), number(2) == 0 ? "bash" : "read_file", {}};
            if (number(5) != 0) call.arguments["command"] = "echo " + text(6) + "!";
            if (number(3) == 0) call.arguments["first"] = number(100);
            if (call.arguments.is_null()) call.arguments = prompts::Json::object();
            message.calls.push_back(call);
        }
        return message;
    }

    prompts::Message result(const std::string& call_id) {
        prompts::Message message;
        message.role = prompts::Role::tool;
        message.call_id = call_id;
        message.content = text(10);
        return message;
    }

 private:
    std::mt19937 random_;
};

}  // namespace heddle::test
