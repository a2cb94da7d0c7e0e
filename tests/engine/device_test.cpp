// tests/engine/device_test.cpp: Tests plain memory and its owner, and shapes in words.
#include "engine/tensor/device.h"

#include <doctest.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "engine/error.h"
#include "engine/tensor/buffer.h"
#include "engine/tensor/tensor.h"

using namespace heddle::engine;

namespace {

// Counts what is out, and hands out memory of the host.
struct CountingDevice : Device {
    int out = 0;
    std::byte* allocate(std::size_t bytes) override {
        ++out;
        return host_device().allocate(bytes);
    }
    void release(std::byte* memory, std::size_t bytes) noexcept override {
        --out;
        host_device().release(memory, bytes);
    }
};

}  // namespace

TEST_CASE("device: memory of any size comes zeroed and aligned, again and again") {
    for (const std::size_t bytes : {1u, 63u, 64u, 65535u, 65536u, 100'000u, 3u << 20}) {
        for (int i = 0; i < 3; ++i) {
            Buffer buffer(host_device(), bytes);
            INFO(bytes, " bytes");
            CHECK(reinterpret_cast<std::uintptr_t>(buffer.data()) % 64 == 0);
            CHECK(std::all_of(buffer.data(), buffer.data() + bytes, [](std::byte b) { return b == std::byte{0}; }));
            std::fill_n(buffer.data(), bytes, std::byte{0xff});  // what comes next must not see it
        }
    }
}

TEST_CASE("device: large blocks begin with a huge page, and each goes back whole") {
    const std::size_t huge_page = 2u << 20;
    const auto mapped = [] {  // pages that this process has
        std::size_t pages = 0;
        std::ifstream("/proc/self/statm") >> pages;
        return pages;
    };
    const std::size_t before = mapped();
    for (int i = 0; i < 20; ++i) {
        for (const std::size_t bytes : {huge_page, huge_page + 1, 10 * huge_page - 64}) {
            Buffer one(host_device(), bytes), other(host_device(), bytes);
            CHECK(reinterpret_cast<std::uintptr_t>(one.data()) % huge_page == 0);
            CHECK(reinterpret_cast<std::uintptr_t>(other.data()) % huge_page == 0);
            other.data()[bytes - 1] = std::byte{1};
        }
    }
    CHECK(mapped() < before + huge_page / 4096);
}

TEST_CASE("device: memory that no machine has is an error in words") {
    std::string error;
    try {
        Buffer(host_device(), std::numeric_limits<std::size_t>::max() / 4);
    } catch (const Error& caught) {
        error = caught.what();
    }
    CHECK(error.find("of memory failed") != std::string::npos);
}

TEST_CASE("device: what may still be taken is some, and less than everything") {
    CHECK(available_memory() > 0);
    CHECK(available_memory() < std::size_t{1} << 50);
}

TEST_CASE("buffer: each block is given back once, by its last owner") {
    CountingDevice device;
    {
        Buffer first(device, 100), second(device, 200);
        CHECK(device.out == 2);
        std::byte* data = second.data();
        first = std::move(second);
        CHECK(device.out == 1);
        CHECK(first.data() == data);
        CHECK(first.bytes() == 200);
        const Buffer third(std::move(first));
        CHECK(third.data() == data);
        CHECK(device.out == 1);
        std::vector<Buffer> many;
        for (int i = 0; i < 10; ++i) many.emplace_back(device, 10);
        CHECK(device.out == 11);
    }
    CHECK(device.out == 0);
}

TEST_CASE("tensor: a shape knows its rank, its elements and its text") {
    CHECK(text_of(Shape{576, 7168}) == "[576, 7168]");
    CHECK(text_of(Shape{}) == "[]");
    CHECK(Shape{}.elements() == 1);
    CHECK(Shape{2, 3, 4, 5}.elements() == 120);
    CHECK(Shape{2, 3}.rank() == 2);
    CHECK(Shape{2, 3} == Shape{2, 3});
    CHECK(Shape{2, 3} != Shape{3, 2});
    CHECK(Shape{2} != Shape{2, 1});
    CHECK(Shape{200'000, 200'000}.elements() == 40'000'000'000);
}

TEST_CASE("tensor: a view shows its bytes as the type that they have") {
    const std::vector<float> values{1, 2, 3};
    const TensorView view{DType::f32, {3}, std::as_bytes(std::span(values))};
    CHECK(!view.empty());
    CHECK(view.as<float>()[2] == 3);
    CHECK(TensorView{}.empty());
    CHECK(std::string(name_of(DType::f8_e4m3)) == "F8_E4M3");
    CHECK(size_of(DType::bf16) == 2);
}
