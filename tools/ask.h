// tools/ask.h: The user asked, while a call waits.
#pragma once

#include <functional>
#include <stop_token>
#include <string>

namespace heddle::tools {

enum class Answer { no, once, always };

// What the user says to `question`, which is one line, fit for a terminal, and tells what "always" means. `no` also
// once `stop` is requested. One that is empty: nobody can be asked.
using Ask = std::function<Answer(const std::string& question, std::stop_token stop)>;

}  // namespace heddle::tools
