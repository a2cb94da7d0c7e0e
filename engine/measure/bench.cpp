// engine/measure/bench.cpp: One timeline a form of attention, grown from depth to depth, its steps timed in turn.
#include "engine/measure/bench.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <random>
#include <span>
#include <utility>

#include "engine/cache/page.h"
#include "engine/measure/alternate.h"
#include "engine/transformer/weights.h"

namespace heddle::engine {

namespace {

constexpr std::int64_t base_tokens = 2048;  // evaluated for real before pages are copied: a selection's worth
constexpr int decode_tokens_max = 16;
constexpr double decode_seconds = 0.15;  // of one act: long beside a clock's grain, short beside a machine's moods
constexpr std::int64_t check_at_least = 4096, check_at_most = 8192;

struct Stopped {};

// Fewer rows at great depth, where dense attention takes minutes a chunk: row times position stays about the same.
int prefill_tokens_at(std::int64_t depth) {
    return static_cast<int>(
        std::clamp<std::int64_t>((std::int64_t{1} << 23) / std::max<std::int64_t>(depth, 1), 64, 512));
}

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

// An engine of one form, its clock, and the timeline that is timed.
struct Form {
    std::shared_ptr<OpTimes> times = std::make_shared<OpTimes>();
    std::shared_ptr<const Engine> engine;
    std::optional<Timeline> timeline;
};

class Bench {
 public:
    Bench(const BenchOptions& options, const LoadProgress& loading,
          const std::function<void(const std::string&)>& progress, std::stop_token stop);
    BenchReport run();

 private:
    void load(bool dense, const LoadProgress& loading);
    void describe();
    void say(const std::string& doing) { progress_(doing); }
    void check() const {
        if (stop_.stop_requested()) throw Stopped{};
    }

    std::vector<Token> random_tokens(std::int64_t count);
    void evaluate(Timeline& timeline, std::int64_t count);
    void grow(std::int64_t depth);
    double decode(Timeline& timeline, std::int64_t depth, int tokens);
    double prefill(Timeline& timeline, std::int64_t depth, int tokens);
    BenchPair measure(std::int64_t depth, int tokens, bool is_decode);
    void check_copies(std::int64_t depth);
    void measure_turn(std::int64_t depth);
    void measure_restore(std::int64_t depth);
    double probe(bool is_decode);

    const BenchOptions& options_;
    std::function<void(const std::string&)> progress_;
    std::stop_token stop_;
    std::mt19937 random_{1};
    std::vector<Form> forms_;  // sparse, perhaps dense
    std::unique_ptr<Probes> probes_;
    std::vector<double> reads_, floats_, bytes_;
    BenchReport report_;
};

Bench::Bench(const BenchOptions& options, const LoadProgress& loading,
             const std::function<void(const std::string&)>& progress, std::stop_token stop)
    : options_(options), progress_(progress), stop_(std::move(stop)) {
    load(false, loading);
    if (options_.dense) load(true, loading);
    probes_ = std::make_unique<Probes>(options_.engine.threads);
    describe();
}

void Bench::load(bool dense, const LoadProgress& loading) {
    check();
    Form form;
    EngineOptions wanted = options_.engine;
    wanted.dense = dense;
    wanted.op_times = form.times;
    constexpr std::int64_t room = 4096;  // for what is timed at the greatest depth, and for what is remembered of it
    wanted.cache_tokens_max = options_.depths.back() + room;
    form.engine = Engine::load(wanted, loading);
    forms_.push_back(std::move(form));
}

void Bench::describe() {
    const Weights weights = Weights::open(options_.engine.model, forms_[0].engine->config());
    report_.config = forms_[0].engine->config();
    report_.threads = probes_->threads();
    report_.weight_bytes = static_cast<double>(weights.sizes().bytes_active);
    const double head = double(report_.config.vocab) * report_.config.hidden;
    report_.flops = 2 * (static_cast<double>(weights.sizes().parameters_active) - head);
    report_.bytes = probes_->bytes();
    report_.round_seconds = probes_->round_seconds();
}

std::vector<Token> Bench::random_tokens(std::int64_t count) {
    std::vector<Token> tokens;
    const auto vocab = static_cast<unsigned>(report_.config.vocab);
    for (std::int64_t i = 0; i < count; ++i) tokens.push_back(static_cast<Token>(random_() % vocab));
    return tokens;
}

// Appends tokens that no timeline has seen, so that nothing is found in a cache.
void Bench::evaluate(Timeline& timeline, std::int64_t count) {
    std::vector<Token> tokens(timeline.tokens().begin(), timeline.tokens().end());
    const std::vector<Token> added = random_tokens(count);
    tokens.insert(tokens.end(), added.begin(), added.end());
    if (!timeline.sync(tokens, stop_).complete) throw Stopped{};
}

void Bench::grow(std::int64_t depth) {
    say(fmt::format("growing to {} tokens", depth));
    for (Form& form : forms_) {
        if (!form.timeline) form.timeline = form.engine->open();
        Timeline& timeline = *form.timeline;
        const auto length = static_cast<std::int64_t>(timeline.tokens().size());
        const std::int64_t base = std::min(depth, base_tokens);
        if (length < base) evaluate(timeline, base - length);
        if (depth > base) timeline.grow_by_copies(depth);
        check();
    }
}

double Bench::decode(Timeline& timeline, std::int64_t depth, int tokens) {
    const std::vector<Token> added = random_tokens(tokens);
    const double took = seconds([&] {
        for (const Token token : added) timeline.step(token);
    });
    timeline.rewind(depth);
    check();
    return took;
}

double Bench::prefill(Timeline& timeline, std::int64_t depth, int tokens) {
    const double took = seconds([&] { evaluate(timeline, tokens); });
    timeline.rewind(depth);
    return took;
}

double Bench::probe(bool is_decode) {
    bytes_.push_back(probes_->bytes().per_second);
    if (is_decode) return reads_.emplace_back(probes_->read_bytes_per_second());
    return floats_.emplace_back(probes_->floats().per_second);
}

BenchPair Bench::measure(std::int64_t depth, int tokens, bool is_decode) {
    say(fmt::format("{} at {}", is_decode ? "decode" : "prefill", depth));
    std::vector<OpTimes> times(forms_.size());
    std::vector<std::function<double()>> acts;
    for (std::size_t i = 0; i < forms_.size(); ++i) {
        acts.push_back([this, i, depth, tokens, is_decode, &times] {
            Form& form = forms_[i];
            *form.times = {};
            const double took =
                is_decode ? decode(*form.timeline, depth, tokens) : prefill(*form.timeline, depth, tokens);
            times[i] += *form.times;
            return took;
        });
    }
    const auto rounds = alternate(
        acts, [&] { return probe(is_decode); }, options_.alternations, stop_);
    if (!rounds) throw Stopped{};

    const double work = is_decode ? report_.weight_bytes : report_.flops;
    const auto cost_of = [&](std::size_t form) {
        std::vector<double> each, shares;
        for (const Round& round : rounds->rounds) {
            each.push_back(round.seconds[form] / tokens);
            shares.push_back(work / each.back() / round.probe);
        }
        const auto ran = static_cast<std::int64_t>(rounds->rounds.size()) + rounds->discarded;
        return BenchCost{sample_of(each), ran * tokens, times[form], sample_of(shares)};
    };
    BenchPair pair{.sparse = cost_of(0),
                   .dense = {},
                   .gain = {},
                   .tokens = tokens,
                   .discarded = rounds->discarded,
                   .noisy = rounds->noisy};
    if (forms_.size() > 1) {
        pair.dense = cost_of(1);
        std::vector<double> gains;
        for (const Round& round : rounds->rounds) gains.push_back(round.seconds[1] / round.seconds[0]);
        pair.gain = sample_of(gains);
    }
    return pair;
}

// A step over copied pages must cost what a step over evaluated ones does.
void Bench::check_copies(std::int64_t depth) {
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
void Bench::measure_turn(std::int64_t depth) {
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
void Bench::measure_restore(std::int64_t depth) {
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

BenchReport Bench::run() {
    constexpr std::int64_t turn_wanted = 32768;
    for (const std::int64_t depth : options_.depths) {
        grow(depth);
        for (Form& form : forms_) (void)decode(*form.timeline, depth, 1);  // memory and caches warm up
        double slowest = 0;
        for (Form& form : forms_) slowest = std::max(slowest, decode(*form.timeline, depth, 1));
        const int steps = std::clamp(static_cast<int>(std::ceil(decode_seconds / slowest)), 1, decode_tokens_max);
        BenchDepth at{depth, measure(depth, steps, true), measure(depth, prefill_tokens_at(depth), false)};
        report_.depths.push_back(std::move(at));
        if (!report_.copies_over_real && depth >= check_at_least && depth <= check_at_most) check_copies(depth);
        const bool is_last = depth == options_.depths.back();
        if (depth > 0 && report_.turn_depth == 0 && (depth >= turn_wanted || is_last)) {
            measure_turn(depth);
            measure_restore(depth);
        }
    }
    report_.read_bytes_per_second = sample_of(reads_);
    report_.bytes.per_second = sample_of(bytes_).median;
    report_.floats = {probes_->floats().instruction, sample_of(floats_).median};
    return std::move(report_);
}

}  // namespace

std::optional<BenchReport> run_bench(const BenchOptions& options, const LoadProgress& loading,
                                     const std::function<void(const std::string& doing)>& progress,
                                     std::stop_token stop) {
    ENGINE_CHECK(!options.depths.empty() && std::ranges::is_sorted(options.depths));
    try {
        return Bench(options, loading, progress, std::move(stop)).run();
    } catch (const Stopped&) {
        return std::nullopt;
    }
}

}  // namespace heddle::engine
