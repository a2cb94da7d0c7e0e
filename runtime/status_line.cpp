// runtime/status_line.cpp: Draws with carriage returns and spaces alone, so that any terminal shows it.
#include "runtime/status_line.h"

#include <fmt/core.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

#include "runtime/terminal_text.h"

namespace heddle {

namespace {

constexpr auto redraw_after = std::chrono::milliseconds(100);

}  // namespace

StatusLine::StatusLine(std::FILE* out) : out_(out), on_terminal_(::isatty(::fileno(out)) == 1) {}

StatusLine::~StatusLine() {
    if (drawn_ == 0) return;
    fmt::print(out_, "\r{}\r", std::string(drawn_, ' '));
    std::fflush(out_);
}

bool StatusLine::is_due() const {
    return on_terminal_ && Clock::now() >= next_;
}

std::size_t StatusLine::columns() const {
    winsize size{};
    const bool told = ::ioctl(::fileno(out_), TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return (told ? size.ws_col : 80) - 1;  // a full line would wrap
}

void StatusLine::draw(std::string line) {
    if (!on_terminal_) return;
    next_ = Clock::now() + redraw_after;
    line = printable_line(line);
    std::size_t end = std::min(line.size(), columns());
    while (end > 0 && end < line.size() && (static_cast<unsigned char>(line[end]) & 0xc0) == 0x80) --end;
    line.resize(end);  // no half character
    fmt::print(out_, "\r{}{}", line, std::string(drawn_ > line.size() ? drawn_ - line.size() : 0, ' '));
    std::fflush(out_);
    drawn_ = std::min(std::max(drawn_, line.size()), columns());
}

}  // namespace heddle
