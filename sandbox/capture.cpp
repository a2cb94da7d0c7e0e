// sandbox/capture.cpp: A head that fills once and a tail that is a ring.
#include "sandbox/capture.h"

#include <algorithm>
#include <utility>

namespace heddle::sandbox {

Capture::Capture(std::uint64_t bytes_max)
    : head_max_(static_cast<std::size_t>(bytes_max - bytes_max / 2)),
      tail_max_(static_cast<std::size_t>(bytes_max / 2)) {}

std::string_view Capture::add(std::string_view bytes) {
    kept_.total_bytes += bytes.size();
    const std::string_view head = bytes.substr(0, head_max_ - kept_.head.size());
    kept_.head.append(head);

    std::string_view rest = bytes.substr(head.size());
    if (rest.size() > tail_max_) rest.remove_prefix(rest.size() - tail_max_);
    const std::string_view growth = rest.substr(0, tail_max_ - kept_.tail.size());
    kept_.tail.append(growth);
    rest.remove_prefix(growth.size());
    while (!rest.empty()) {  // the ring is full: each byte takes the place of the oldest
        const std::size_t run = std::min(rest.size(), tail_max_ - oldest_);
        std::copy_n(rest.begin(), run, kept_.tail.begin() + static_cast<std::ptrdiff_t>(oldest_));
        oldest_ = (oldest_ + run) % tail_max_;
        rest.remove_prefix(run);
    }
    return head;
}

Captured Capture::take() {
    std::rotate(kept_.tail.begin(), kept_.tail.begin() + static_cast<std::ptrdiff_t>(oldest_), kept_.tail.end());
    oldest_ = 0;
    return std::exchange(kept_, {});
}

}  // namespace heddle::sandbox
