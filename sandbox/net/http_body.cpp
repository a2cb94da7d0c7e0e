// sandbox/net/http_body.cpp: RFC 9112 7.1, chunk by chunk, with neither extensions nor trailers.
#include "sandbox/net/http_body.h"

#include <algorithm>

namespace heddle::sandbox {

namespace {

constexpr int digits_max = 12;  // of a chunk's size in hexadecimal: far from an overflow

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace

HttpBody::HttpBody(const HttpHead& head) : state_(State::counted), left_(head.content_length.value_or(0)) {
    if (head.chunked) state_ = State::size;
    if (!head.chunked && left_ == 0) state_ = State::end;
}

std::size_t HttpBody::take(std::string_view bytes) {
    std::size_t taken = 0;
    while (taken < bytes.size() && state_ != State::end) {
        if (state_ == State::counted || state_ == State::data) {
            const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size() - taken));
            taken += count;
            left_ -= count;
            if (left_ == 0) state_ = state_ == State::counted ? State::end : State::data_return;
            continue;
        }
        step(bytes[taken]);
        if (state_ == State::broken) break;
        ++taken;
    }
    return taken;
}

// One byte of what stands between the data of two chunks.
void HttpBody::step(char c) {
    const auto expect = [&](char wanted, State next) { state_ = c == wanted ? next : State::broken; };
    switch (state_) {
        case State::size:
            if (const int digit = hex_digit(c); digit >= 0 && digits_ < digits_max) {
                left_ = left_ << 4 | static_cast<std::uint64_t>(digit);
                ++digits_;
            } else {
                expect('\r', State::size_line_feed);
                if (digits_ == 0) state_ = State::broken;
            }
            break;
        case State::size_line_feed:
            digits_ = 0;
            expect('\n', left_ == 0 ? State::trailer : State::data);
            break;
        case State::data_return:
            expect('\r', State::data_line_feed);
            break;
        case State::data_line_feed:
            expect('\n', State::size);
            break;
        case State::trailer:
            expect('\r', State::end_line_feed);
            break;
        case State::end_line_feed:
            expect('\n', State::end);
            break;
        default:
            state_ = State::broken;
    }
}

}  // namespace heddle::sandbox
