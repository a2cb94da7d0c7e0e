// sandbox/capture.h: Keeps the first and the last bytes of a stream, and counts what fell between.
#pragma once

#include <string>
#include <string_view>

#include "sandbox/outcome.h"

namespace heddle::sandbox {

class Capture {
 public:
    explicit Capture(std::uint64_t bytes_max);  // half for the head, half for the tail

    // Takes the next bytes of the stream; returns the part of them that goes into the head (a view of `bytes`).
    std::string_view add(std::string_view bytes);

    std::uint64_t total_bytes() const { return kept_.total_bytes; }

    // What was kept, in order. The capture is empty afterwards.
    Captured take();

 private:
    std::size_t head_max_, tail_max_;
    Captured kept_;
    std::size_t oldest_ = 0;  // of a full tail: where the ring starts
};

}  // namespace heddle::sandbox
