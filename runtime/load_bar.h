// runtime/load_bar.h: Shows on a terminal how far the reading of a model is, at which file, and how fast.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>

namespace heddle {

// "[#####...........]  31 % of 1.4 GB, 0.51 GB/s, model-00001-of-00003.safetensors", cut to `columns`. The file's name
// is made safe for a terminal. No speed before there are `seconds` to speak of.
std::string load_line(std::uint64_t done, std::uint64_t total, const std::string& file, double seconds,
                      std::size_t columns);

// One line, drawn over itself, gone when the bar goes. Where `out` is no terminal it writes nothing at all.
class LoadBar {
 public:
    explicit LoadBar(std::FILE* out);
    LoadBar(const LoadBar&) = delete;
    LoadBar& operator=(const LoadBar&) = delete;
    ~LoadBar();

    void show(std::uint64_t bytes_done, std::uint64_t bytes_total, const std::string& file);

 private:
    using Clock = std::chrono::steady_clock;

    std::FILE* out_;
    bool on_terminal_;
    std::size_t drawn_ = 0;  // columns
    Clock::time_point begun_ = Clock::now();
    Clock::time_point next_ = begun_;
};

}  // namespace heddle
