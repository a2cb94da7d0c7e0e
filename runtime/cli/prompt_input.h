// runtime/cli/prompt_input.h: The prompt of a headless run, from its argument and standard input.
#pragma once

#include <string>

namespace heddle {

// `argument` absent or "-": all of standard input. With an argument, text that is piped in follows it as a <stdin>
// block; a pipe that says nothing for two seconds is not waited for. Valid UTF-8, without the ending newlines of a
// file. Throws CLI::ValidationError when there is no prompt, or when more than a mebibyte is piped in.
std::string read_prompt(const std::string& argument, int input);

// Bytes that are no UTF-8 become U+FFFD; everything else stays.
std::string valid_utf8(const std::string& bytes);

}  // namespace heddle
