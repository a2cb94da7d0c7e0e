// engine/request.h: What one of several timelines wants evaluated in passes that they share.
#pragma once

#include <cstdint>
#include <span>
#include <stop_token>
#include <string>

#include "engine/token.h"

namespace heddle::engine {

class Timeline;

struct Request {
    Timeline* timeline = nullptr;   // of the engine that is asked; nobody else touches it until the answer is there
    std::span<const Token> tokens;  // appended to what the timeline holds; not its own tokens()
    std::stop_token stop = {};      // leaves the timeline with fewer of them, all valid

    // Written:
    std::int64_t evaluated = 0;  // tokens that were appended
    std::int64_t passes = 0;     // in so many passes
    bool complete = false;       // all were, and logits() are those after the last
    std::string error = {};      // why not, where that was a failure: of this request alone, the others went on
};

}  // namespace heddle::engine
