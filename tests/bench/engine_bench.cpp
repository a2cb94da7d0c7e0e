// tests/bench/engine_bench.cpp: Prefill and decode of a model folder, at growing depth; and sparse against dense.
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "engine/engine.h"

namespace {

using namespace heddle::engine;
using Clock = std::chrono::steady_clock;

double seconds(const std::function<void()>& act) {
    const auto start = Clock::now();
    act();
    return std::chrono::duration<double>(Clock::now() - start).count();
}

double median(std::vector<double> values) {
    std::nth_element(values.begin(), values.begin() + std::ptrdiff_t(values.size() / 2), values.end());
    return values[values.size() / 2];
}

std::vector<Token> random_tokens(int count, int vocab) {
    std::mt19937 random(1);
    std::vector<Token> tokens;
    for (int i = 0; i < count; ++i) tokens.push_back(static_cast<Token>(random() % unsigned(vocab)));
    return tokens;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) {
        fmt::print(stderr, "usage: engine_bench MODEL_FOLDER [THREADS]\n");
        return 2;
    }
    EngineOptions options;
    options.model = argv[1];
    options.threads = argc > 2 ? std::atoi(argv[2]) : 0;
    const auto sparse = Engine::load(options);
    options.top_k = 1 << 20;
    const auto dense = Engine::load(options);
    const auto room = static_cast<int>(std::min<std::int64_t>(sparse->config().positions - 64, 16384));

    fmt::print("depth,prefill_tok_s,decode_tok_s,dense_prefill_tok_s,dense_decode_tok_s\n");
    for (int depth = 256; depth <= room; depth *= 2) {
        const std::vector<Token> tokens = random_tokens(depth, sparse->config().vocab);
        Timeline timelines[] = {sparse->open(), dense->open()};
        double prefill[2], decode[2];
        std::vector<double> steps[2];
        for (int i = 0; i < 2; ++i) prefill[i] = depth / seconds([&] { timelines[i].sync(tokens); });
        for (int step = 0; step < 40; ++step) {  // alternating, so that a disturbance falls on both
            for (int i = 0; i < 2; ++i)
                steps[i].push_back(seconds([&] { timelines[i].step(tokens[std::size_t(step)]); }));
        }
        for (int i = 0; i < 2; ++i) decode[i] = 1 / median(steps[i]);
        fmt::print("{},{:.0f},{:.0f},{:.0f},{:.0f}\n", depth, prefill[0], decode[0], prefill[1], decode[1]);
    }
}
