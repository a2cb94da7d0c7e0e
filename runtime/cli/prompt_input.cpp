// runtime/cli/prompt_input.cpp: The prompt of a headless run, from its argument and standard input.
#include "runtime/cli/prompt_input.h"

#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>

#include "prompts/message.h"

namespace heddle {

namespace {

constexpr std::size_t input_bytes_max = 1 << 20;  // about 250k tokens: more does not fit any context

// A character device has nothing piped in: a terminal, or /dev/null.
bool is_piped(int input) {
    struct stat status {};
    if (::fstat(input, &status) != 0) return false;
    return S_ISFIFO(status.st_mode) || S_ISREG(status.st_mode) || S_ISSOCK(status.st_mode);
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
        if (prompt.empty()) throw CLI::ValidationError("the prompt on standard input is empty");
        return prompt;
    }
    std::string prompt = valid_utf8(argument);
    const std::string piped = is_piped(input) ? read_all(input) : std::string();
    if (!piped.empty()) prompt += "\n\n<stdin>\n" + piped + "\n</stdin>";
    return prompt;
}

}  // namespace heddle
