// tools/web/reader/html_tree.cpp: Gumbo with an allocator that counts.
// Some pages make any HTML5 parser take memory or time that grows with the square of their size (unclosed formatting
// that each paragraph opens again, a tag with a million attributes), and gumbo frees its tree by recursion, as deep as
// the page nests. So what it takes comes from here: all of it is freed in one pass, and beyond a bound the parse is
// left by longjmp, which passes over frames of C alone.
#include "tools/web/reader/html_tree.h"

#include <csetjmp>
#include <cstdint>
#include <cstdlib>
#include <ctime>

namespace heddle::tools::web {

namespace {

constexpr std::size_t memory_base = 64 << 20, memory_per_byte = 64;  // a common page takes 10 to 20 times its size
constexpr double cpu_seconds_max = 3;                                // a megabyte takes a tenth of one
constexpr int clock_every = 256;                                     // requests

struct alignas(std::max_align_t) Block {
    Block* previous;
    Block* next;
    std::size_t bytes;
};

double cpu_seconds() {
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

struct Arena {
    Block ends{&ends, &ends, 0};
    std::size_t left = 0;
    double deadline = 0;
    int requests = 0;
    std::jmp_buf too_much;
};

void* take(void* userdata, std::size_t bytes) {
    auto& arena = *static_cast<Arena*>(userdata);
    if (bytes > arena.left || (++arena.requests % clock_every == 0 && cpu_seconds() > arena.deadline)) {
        std::longjmp(arena.too_much, 1);
    }
    auto* block = static_cast<Block*>(std::malloc(sizeof(Block) + bytes));
    if (block == nullptr) std::longjmp(arena.too_much, 1);
    arena.left -= bytes;
    *block = {&arena.ends, arena.ends.next, bytes};
    block->next->previous = block;
    arena.ends.next = block;
    return block + 1;
}

void give_back(void* userdata, void* memory) {
    if (memory == nullptr) return;
    auto* block = static_cast<Block*>(memory) - 1;
    static_cast<Arena*>(userdata)->left += block->bytes;
    block->previous->next = block->next;
    block->next->previous = block->previous;
    std::free(block);
}

// A function of its own, without objects that a jump would pass over.
GumboOutput* parse(Arena& arena, const GumboOptions& options, const char* text, std::size_t size) {
    if (setjmp(arena.too_much) != 0) return nullptr;
    return gumbo_parse_with_options(&options, text, size);
}

}  // namespace

struct HtmlTree::State {
    Arena arena;
    GumboOutput* output = nullptr;
};

HtmlTree::HtmlTree(std::string_view utf8) : state_(new State) {
    Arena& arena = state_->arena;
    arena.left = memory_base + memory_per_byte * utf8.size();
    arena.deadline = cpu_seconds() + cpu_seconds_max;
    GumboOptions options = kGumboDefaultOptions;
    options.allocator = take;
    options.deallocator = give_back;
    options.userdata = &arena;
    options.max_errors = 0;
    state_->output = parse(arena, options, utf8.data(), utf8.size());
}

HtmlTree::~HtmlTree() {
    Arena& arena = state_->arena;
    while (arena.ends.next != &arena.ends) give_back(&arena, arena.ends.next + 1);
}

const GumboNode* HtmlTree::root() const {
    return state_->output == nullptr ? nullptr : state_->output->root;
}

}  // namespace heddle::tools::web
