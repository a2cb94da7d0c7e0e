// runtime/status_line.h: One line on a terminal, drawn over itself, gone when the work is done.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <string>

namespace heddle {

// Where `out` is no terminal it writes nothing at all.
class StatusLine {
 public:
    explicit StatusLine(std::FILE* out);
    StatusLine(const StatusLine&) = delete;
    StatusLine& operator=(const StatusLine&) = delete;
    ~StatusLine();

    bool is_due() const;          // somebody looks, and some time has passed since the last drawing
    std::size_t columns() const;  // that a line may have
    void draw(std::string line);  // made safe for a terminal, and cut to columns()

 private:
    using Clock = std::chrono::steady_clock;

    std::FILE* out_;
    bool on_terminal_;
    std::size_t drawn_ = 0;  // columns
    Clock::time_point next_ = Clock::now();
};

}  // namespace heddle
