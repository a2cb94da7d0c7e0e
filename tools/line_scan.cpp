// tools/line_scan.cpp: Chunks to lines; what lies outside the range is only counted.
#include "tools/line_scan.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace heddle::tools {

namespace {

constexpr std::size_t line_bytes_max = 1'000;       // a longer line is data, not text that somebody reads
constexpr std::uint64_t scan_bytes_max = 64 << 20;  // a second at most; whoever has more reaches for a command

}  // namespace

LineScan::LineScan(std::int64_t first, std::int64_t last) : first_(first), last_(last) {}

int LineScan::run(int descriptor, const std::stop_token& stop) {
    std::array<char, 64 * 1024> chunk;
    for (std::uint64_t seen = 0; seen < scan_bytes_max;) {
        if (stop.stop_requested()) {
            cancelled_ = true;
            return 0;
        }
        const ssize_t got = ::read(descriptor, chunk.data(), chunk.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return errno;
        if (got == 0) {
            if (line_bytes_ > 0) end_line(false);
            complete_ = true;
            return 0;
        }
        seen += static_cast<std::uint64_t>(got);
        feed({chunk.data(), static_cast<std::size_t>(got)});
        if (found_nul_) return 0;
    }
    return 0;
}

void LineScan::feed(std::string_view chunk) {
    found_nul_ = std::memchr(chunk.data(), 0, chunk.size()) != nullptr;
    if (found_nul_) return;
    while (!chunk.empty()) {
        const std::size_t newline = chunk.find('\n');
        add_to_line(chunk.substr(0, newline));
        if (newline == std::string_view::npos) return;
        end_line(true);
        chunk.remove_prefix(newline + 1);
    }
}

void LineScan::add_to_line(std::string_view part) {
    if (part.empty()) return;
    line_bytes_ += part.size();
    line_end_ = part.back();
    const bool wanted = lines_ + 1 >= first_ && lines_ < last_;
    // Four bytes more than shown: a last "\r" is dropped, and a character may stand across the bound.
    constexpr std::size_t kept = line_bytes_max + 4;
    if (wanted && line_.size() < kept) line_ += part.substr(0, kept - line_.size());
}

void LineScan::end_line(bool with_newline) {
    ++lines_;
    if (lines_ >= first_ && lines_ <= last_) {
        if (with_newline && line_bytes_ > 0 && line_end_ == '\r') {
            --line_bytes_;
            line_.resize(std::min<std::uint64_t>(line_.size(), line_bytes_));
        }
        const std::string_view shown = prefix_of(line_, line_bytes_max);
        kept_.append(fmt::format("{}\t{}", lines_, readable(shown)));
        if (shown.size() < line_bytes_) kept_.append(fmt::format(" [... {} bytes]", line_bytes_ - shown.size()));
        kept_.append("\n");
    }
    line_.clear();
    line_bytes_ = 0;
    line_end_ = 0;
}

std::string LineScan::text() const {
    if (cancelled_) return "[cancelled]";
    if (complete_ && lines_ == 0) return "[empty file]";
    if (lines_ < first_) {
        const char* lines = lines_ == 1 ? "line" : "lines";
        if (complete_) {
            return fmt::format("[error: first line {} is beyond the end, the file has {} {}]", first_, lines_, lines);
        }
        return fmt::format("[error: first line {} is beyond the first {} bytes, {} {}; use bash for such a file]",
                           first_, scan_bytes_max, lines_, lines);
    }
    const std::string of = fmt::format("{}{}", complete_ ? "" : "more than ", lines_);
    return fmt::format("{}[lines {}-{} of {}]", kept_.text(), first_, std::min(last_, lines_), of);
}

}  // namespace heddle::tools
