// engine/measure/bench_reuse.cpp: What is saved by what is there already: copies, turns, files, shared prefixes.
#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <span>

#include "engine/cache/page.h"
#include "engine/measure/bench_run.h"

namespace heddle::engine {

namespace {

// A file in the folder for temporary ones that goes when this does.
class Scrap {
 public:
    Scrap() : path_(std::filesystem::temp_directory_path() / fmt::format("heddle-bench-{}", ::getpid())) {}
    Scrap(const Scrap&) = delete;
    Scrap& operator=(const Scrap&) = delete;
    ~Scrap() {
        std::error_code ignored;
        std::filesystem::remove(path_, ignored);
    }
    const std::filesystem::path& path() const { return path_; }

    void leave_page_cache() const {
        const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path_.c_str(), "rb"), &std::fclose);
        if (file) (void)::posix_fadvise(::fileno(file.get()), 0, 0, POSIX_FADV_DONTNEED);
    }

 private:
    std::filesystem::path path_;
};

}  // namespace

// A step over copied pages must cost what a step over evaluated ones does.
void BenchRun::check_copies(std::int64_t depth) {
    say(fmt::format("checking copied pages against a prefill of {}", depth));
    Timeline real = forms_[0].engine->open();
    evaluate(real, depth);
    const std::vector<std::function<double()>> acts{
        [&] { return decode(real, depth, decode_tokens_max); },
        [&] { return decode(*forms_[0].timeline, depth, decode_tokens_max); }};
    const auto rounds = alternate(
        acts, [&] { return probe(true); }, options_.alternations, stop_);
    if (!rounds) throw Stopped{};
    std::vector<double> ratios;
    for (const Round& round : rounds->rounds) ratios.push_back(round.seconds[1] / round.seconds[0]);
    report_.copies_over_real = sample_of(ratios);
    report_.check_depth = depth;
}

// Cold: what the measured prefills cost a token, summed up from the first token to the last with straight lines
// between the depths.
void BenchRun::measure_turn(std::int64_t depth) {
    say(fmt::format("a turn at {}", depth));
    const std::vector<std::function<double()>> acts{
        [&] { return prefill(*forms_[0].timeline, depth, BenchReport::turn_tokens); }};
    const auto rounds = alternate(
        acts, [&] { return probe(false); }, options_.alternations, stop_);
    if (!rounds) throw Stopped{};
    std::vector<double> took;
    for (const Round& round : rounds->rounds) took.push_back(round.seconds[0]);
    report_.turn_depth = depth;
    report_.turn_seconds = sample_of(took);
    report_.cold_seconds = 0;
    const BenchDepth* before = nullptr;
    for (const BenchDepth& at : report_.depths) {
        const double cost = at.prefill.sparse.seconds.median;
        const double last = before == nullptr ? cost : before->prefill.sparse.seconds.median;
        const std::int64_t from = before == nullptr ? 0 : before->depth;
        report_.cold_seconds += static_cast<double>(at.depth - from) * (cost + last) / 2;
        before = &at;
    }
    report_.cold_seconds += BenchReport::turn_tokens * before->prefill.sparse.seconds.median;
}

// Each time into an engine of its own, for one that has seen the tokens would not read the file; and from the disk, for
// the kernel is told to forget what it has of the file.
void BenchRun::measure_restore(std::int64_t depth) {
    say(fmt::format("restoring {}", depth));
    const Scrap scrap;
    const Timeline& timeline = *forms_[0].timeline;
    timeline.save(scrap.path());
    EngineOptions wanted = options_.engine;
    wanted.cache_tokens_max = depth + page_tokens;
    const std::vector<std::function<double()>> acts{[&] {
        Timeline fresh = Engine::load(wanted)->open();
        scrap.leave_page_cache();
        return seconds([&] { ENGINE_CHECK(fresh.load(scrap.path(), timeline.tokens()) == depth); });
    }};
    const auto rounds = alternate(
        acts, [&] { return probe(true); }, options_.alternations, stop_);
    if (!rounds) throw Stopped{};
    std::vector<double> took;
    for (const Round& round : rounds->rounds) took.push_back(round.seconds[0]);
    report_.restore_seconds = sample_of(took);
}

// Forks of the timeline take steps of their own, in passes that they share.
void BenchRun::measure_batch(std::int64_t depth) {
    grow(depth);
    say(fmt::format("{} timelines at {}", options_.batch, depth));
    Timeline& alone = *forms_[0].timeline;
    std::vector<Timeline> forks;
    for (int i = 0; i < options_.batch; ++i) forks.push_back(alone.fork());
    constexpr int steps = decode_tokens_max / 2;
    const auto together = [&] {
        const std::vector<Token> tokens = random_tokens(std::int64_t{steps} * options_.batch);
        const double took = seconds([&] {
            for (int step = 0; step < steps; ++step) {
                std::vector<Request> requests;
                for (std::size_t i = 0; i < forks.size(); ++i) {
                    const std::size_t next = static_cast<std::size_t>(step) * forks.size() + i;
                    requests.push_back({.timeline = &forks[i], .tokens = std::span(tokens).subspan(next, 1)});
                }
                forms_[0].engine->evaluate(requests);
                for (const Request& request : requests) {
                    if (!request.complete) throw Error(request.error);
                }
            }
        });
        for (Timeline& fork : forks) fork.rewind(depth);
        check();
        return took;
    };
    const std::vector<std::function<double()>> acts{together, [&] { return decode(alone, depth, steps); }};
    for (const auto& act : acts) (void)act();  // memory and caches warm up
    const auto rounds = alternate(
        acts, [&] { return probe(true); }, options_.alternations, stop_);
    if (!rounds) throw Stopped{};
    std::vector<double> each, gains;
    for (const Round& round : rounds->rounds) {
        each.push_back(round.seconds[0] / steps / options_.batch);
        gains.push_back(options_.batch * round.seconds[1] / round.seconds[0]);
    }
    report_.batch_depth = depth;
    report_.batch_seconds = sample_of(each);
    report_.batch_gain = sample_of(gains);
}

}  // namespace heddle::engine
