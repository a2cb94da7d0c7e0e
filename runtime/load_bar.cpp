// runtime/load_bar.cpp: How far, how fast, at which file, in one line.
#include "runtime/load_bar.h"

#include <fmt/core.h>

#include <algorithm>

#include "runtime/terminal_text.h"

namespace heddle {

namespace {

constexpr std::size_t bar_cells = 16;
constexpr double seconds_min = 0.2;  // a speed over less is noise

}  // namespace

std::string load_line(std::uint64_t done, std::uint64_t total, const std::string& file, double seconds,
                      std::size_t columns) {
    constexpr double giga = 1e9;
    const double share = total == 0 ? 1 : std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
    const auto filled = static_cast<std::size_t>(share * bar_cells);
    std::string line =
        fmt::format("[{}{}] {:3} % of {:.1f} GB", std::string(filled, '#'), std::string(bar_cells - filled, '.'),
                    static_cast<int>(share * 100), static_cast<double>(total) / giga);
    if (seconds >= seconds_min) line += fmt::format(", {:.2f} GB/s", static_cast<double>(done) / giga / seconds);
    line += ", " + printable_line(file);
    if (line.size() <= columns) return line;
    while (columns > 0 && (static_cast<unsigned char>(line[columns]) & 0xc0) == 0x80) --columns;  // no half character
    return line.substr(0, columns);
}

LoadBar::LoadBar(std::FILE* out) : line_(out) {}

void LoadBar::show(std::uint64_t bytes_done, std::uint64_t bytes_total, const std::string& file) {
    if (!line_.is_due()) return;
    const double seconds = std::chrono::duration<double>(Clock::now() - begun_).count();
    line_.draw(load_line(bytes_done, bytes_total, file, seconds, line_.columns()));
}

}  // namespace heddle
