// tools/repeats.cpp: Calls and the results that they had, until something is new.
#include "tools/repeats.h"

#include <fmt/format.h>

#include <functional>

namespace heddle::tools {

namespace {

std::string key_of(const prompts::ToolCall& call) {
    return call.name + '\0' + call.arguments.dump(-1, ' ', false, prompts::Json::error_handler_t::replace);
}

}  // namespace

void Repeats::begin_turn() {
    seen_.clear();
    repeated_ = refused_ = 0;
}

std::string Repeats::refusal(const prompts::ToolCall& call) {
    if (repeated_ < limit || !seen_.contains(key_of(call))) return "";
    ++refused_;
    return fmt::format(
        "[error: not run: the last {} calls repeated earlier ones and had the same results; do something else, or "
        "answer with what is known]",
        limit);
}

std::string Repeats::note(const prompts::ToolCall& call, const std::string& text) {
    refused_ = 0;
    const bool is_new = seen_[key_of(call)].insert(std::hash<std::string>{}(text)).second;
    repeated_ = is_new ? 0 : repeated_ + 1;
    return is_new ? "" : "[the same call had the same result before]";
}

}  // namespace heddle::tools
