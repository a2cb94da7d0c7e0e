// runtime/cli/prompt_input.cpp: The prompt of a headless run, from its argument and standard input.
#include "runtime/cli/prompt_input.h"

#include <fmt/core.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>

#include "prompts/message.h"

namespace heddle {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t input_bytes_max = 1 << 20;    // about 250k tokens: more does not fit any context
constexpr std::chrono::seconds first_byte_wait{2};  // of a pipe beside a prompt: programs that have something say it

bool is_blank(const std::string& text) {
    return text.find_first_not_of(" \t\r\n") == std::string::npos;
}

// A character device has nothing piped in: a terminal, or /dev/null.
bool is_piped(int input) {
    struct stat status {};
    if (::fstat(input, &status) != 0) return false;
    return S_ISFIFO(status.st_mode) || S_ISREG(status.st_mode) || S_ISSOCK(status.st_mode);
}

// Whoever runs a prompt in a script may leave a pipe open that nobody writes to: then there is nothing to wait for.
bool speaks_soon(int input) {
    pollfd wait{input, POLLIN, 0};
    const auto until = std::chrono::steady_clock::now() + first_byte_wait;
    for (;;) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
        const int ready = ::poll(&wait, 1, static_cast<int>(std::max(left, 0ms).count()));
        if (ready < 0 && errno == EINTR) continue;
        return ready != 0;
    }
}

std::string read_all(int input) {
    std::string text;
    char buffer[4096];
    for (;;) {
        const ssize_t count = ::read(input, buffer, sizeof(buffer));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw CLI::ValidationError("cannot read the prompt from standard input");
        if (count == 0) break;
        text.append(buffer, static_cast<std::size_t>(count));
        if (text.size() > input_bytes_max) {
            throw CLI::ValidationError(
                "standard input is longer than a mebibyte; put it in a file of the folder instead");
        }
    }
    while (text.ends_with('\n')) text.pop_back();
    return valid_utf8(text);
}

}  // namespace

std::string valid_utf8(const std::string& bytes) {
    using prompts::Json;
    return Json::parse(Json(bytes).dump(-1, ' ', false, Json::error_handler_t::replace)).get<std::string>();
}

std::string read_prompt(const std::string& argument, int input) {
    if (argument.empty() || argument == "-") {
        if (::isatty(input) == 1) {
            throw CLI::ValidationError("there is no prompt; name one, or give one on standard input");
        }
        std::string prompt = read_all(input);
        if (is_blank(prompt)) throw CLI::ValidationError("the prompt on standard input is empty");
        return prompt;
    }
    std::string prompt = valid_utf8(argument);
    if (is_blank(prompt)) throw CLI::ValidationError("the prompt is empty");
    std::string piped;
    if (is_piped(input)) {
        if (speaks_soon(input)) {
            piped = read_all(input);
        } else {
            fmt::print(stderr, "heddle: nothing came on standard input within {} s; going on without it\n",
                       first_byte_wait / 1s);
        }
    }
    if (!piped.empty()) prompt += "\n\n<stdin>\n" + piped + "\n</stdin>";
    return prompt;
}

}  // namespace heddle
