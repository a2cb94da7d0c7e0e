// tools/end_words.h: What an interpreter says over its socket when a piece of code has ended.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace heddle::tools {

struct EndOfCode {
    int status = 0;  // 0 to 255
    std::string folder;
};

// The words are a decimal status, a space, the folder that it is in, and a NUL. Parts of any length may come, and any
// bytes: code may have found the way to the socket.
class EndWords {
 public:
    static constexpr std::size_t bytes_max = 8192;  // who says more says nothing

    // What has been told whole by now, if that is an end. What follows it in these bytes is not looked at.
    std::optional<EndOfCode> add(std::string_view bytes);

 private:
    std::string said_;  // so far, up to its NUL
};

}  // namespace heddle::tools
