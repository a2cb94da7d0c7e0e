// runtime/load_bar.cpp: Draws with carriage returns and spaces alone, so that any terminal shows it.
#include "runtime/load_bar.h"

#include <fmt/core.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

#include "runtime/terminal_text.h"

namespace heddle {

namespace {

constexpr std::size_t bar_cells = 16;
constexpr auto redraw_after = std::chrono::milliseconds(100);
constexpr double seconds_min = 0.2;  // a speed over less is noise

std::size_t columns_of(std::FILE* out) {
    winsize size{};
    if (::ioctl(::fileno(out), TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
    return size.ws_col;
}

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

LoadBar::LoadBar(std::FILE* out) : out_(out), on_terminal_(::isatty(::fileno(out)) == 1) {}

LoadBar::~LoadBar() {
    if (drawn_ == 0) return;
    fmt::print(out_, "\r{}\r", std::string(drawn_, ' '));
    std::fflush(out_);
}

void LoadBar::show(std::uint64_t bytes_done, std::uint64_t bytes_total, const std::string& file) {
    const auto now = Clock::now();
    if (!on_terminal_ || now < next_) return;
    next_ = now + redraw_after;
    const std::size_t columns = columns_of(out_) - 1;  // a full line would wrap
    const std::string line =
        load_line(bytes_done, bytes_total, file, std::chrono::duration<double>(now - begun_).count(), columns);
    fmt::print(out_, "\r{}{}", line, std::string(drawn_ > line.size() ? drawn_ - line.size() : 0, ' '));
    std::fflush(out_);
    drawn_ = std::min(std::max(drawn_, line.size()), columns);
}

}  // namespace heddle
