// tests/runtime/load_bar_test.cpp: Tests the line that tells how far the reading of a model is.
#include "runtime/load_bar.h"

#include <doctest.h>

#include <cstdio>
#include <memory>
#include <string>

using namespace heddle;

TEST_CASE("load_bar: the line tells share, size, speed and file") {
    CHECK(load_line(0, 1'445'000'000, "model.safetensors", 0, 80) ==
          "[................]   0 % of 1.4 GB, model.safetensors");
    CHECK(load_line(722'500'000, 1'445'000'000, "model-00001-of-00003.safetensors", 2, 80) ==
          "[########........]  50 % of 1.4 GB, 0.36 GB/s, model-00001-of-00003.safetensors");
    CHECK(load_line(5, 5, "a", 0.01, 80) == "[################] 100 % of 0.0 GB, a");
}

TEST_CASE("load_bar: a narrow terminal gets a shorter line, and no half character") {
    CHECK(load_line(0, 1, "model", 0, 24) == "[................]   0 %");
    const std::string line = load_line(0, 1, "\xc3\xa4\xc3\xa4\xc3\xa4", 0, 36);
    CHECK(line == "[................]   0 % of 0.0 GB, ");
    CHECK(load_line(0, 1, "\xc3\xa4\xc3\xa4\xc3\xa4", 0, 37) == line);
}

TEST_CASE("load_bar: a file's name cannot reach the terminal as an escape sequence") {
    const std::string line = load_line(0, 1, "\x1b[31mred\r.safetensors", 0, 200);
    CHECK(line.find('\x1b') == std::string::npos);
    CHECK(line.find('\r') == std::string::npos);
}

TEST_CASE("load_bar: nothing is written where nobody looks") {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::tmpfile(), &std::fclose);
    REQUIRE(file);
    {
        LoadBar bar(file.get());
        bar.show(1, 2, "model.safetensors");
    }
    CHECK(std::ftell(file.get()) == 0);
}
