// tests/engine/allocation_test.cpp: Tests that a decode step leaves the heap alone, but for its place in the index.
#include <doctest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "engine/engine.h"
#include "tests/support/make_checkpoint.h"
#include "tests/support/temp_folder.h"
#include "tests/support/timelines.h"

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define OPERATORS_ARE_TAKEN  // by the sanitizer's library
#endif
#endif

#ifdef OPERATORS_ARE_TAKEN

TEST_CASE("a decode step takes less than a kilobyte of the heap") {
    MESSAGE("not counted: the thread sanitizer brings operators new and delete of its own");
}

#else

namespace {

std::atomic<std::size_t> bytes_taken{0};

}  // namespace

// For the whole program; what it adds to malloc is one counter. The other forms of the operators end here.
void* operator new(std::size_t bytes) {
    bytes_taken.fetch_add(bytes, std::memory_order_relaxed);
    if (void* memory = std::malloc(bytes == 0 ? 1 : bytes)) return memory;
    throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

TEST_CASE("a decode step takes less than a kilobyte of the heap, however much stands before it") {
    using namespace heddle;
    test::TempFolder folder;
    test::make_checkpoint(folder.path(), test::small_config(), engine::DType::f8_e4m3, 7);
    engine::EngineOptions options;
    options.model = folder.path();
    options.threads = 2;
    engine::Timeline timeline = engine::Engine::load(options)->open();
    for (const int length : {20, 150, 1500}) {
        timeline.sync(test::some_tokens(length));
        timeline.step(1);  // buffers grow to their size once
        const std::size_t before = bytes_taken.load();
        for (int i = 0; i < 10; ++i) timeline.step(2);
        INFO("after ", length, " tokens");
        CHECK(bytes_taken.load() - before < 10 * 1024);
    }
}

#endif
