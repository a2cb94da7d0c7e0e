// sandbox/net/http_body.h: Says where the body of a request ends, so that nothing after it is passed on.
#pragma once

#include <cstdint>
#include <string_view>

#include "sandbox/net/http_head.h"

namespace heddle::sandbox {

class HttpBody {
 public:
    explicit HttpBody(const HttpHead& head);

    // How many of the next bytes belong to the body. Fewer than all: it is at its end, or broken.
    std::size_t take(std::string_view bytes);
    bool at_end() const { return state_ == State::end; }
    bool is_broken() const { return state_ == State::broken; }

 private:
    enum class State {
        counted,
        size,
        size_line_feed,
        data,
        data_return,
        data_line_feed,
        trailer,
        end_line_feed,
        end,
        broken
    };
    void step(char c);

    State state_;
    std::uint64_t left_ = 0;  // bytes of a counted body or of the chunk
    int digits_ = 0;
};

}  // namespace heddle::sandbox
