// engine/measure/bench.cpp: One timeline a form of attention, grown from depth to depth, its steps timed in turn.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/error.h"
#include "engine/measure/bench_run.h"
#include "engine/transformer/weights.h"

namespace heddle::engine {

namespace {

constexpr std::int64_t base_tokens = 2048;  // evaluated for real before pages are copied: a selection's worth
constexpr double decode_seconds = 0.15;     // of one act: long beside a clock's grain, short beside a machine's moods
constexpr std::int64_t check_at_least = 4096, check_at_most = 8192;
constexpr std::int64_t prefill_max = 512;

// Fewer rows at great depth, where dense attention takes minutes a chunk: row times position stays about the same.
int prefill_tokens_at(std::int64_t depth) {
    return static_cast<int>(
        std::clamp<std::int64_t>((std::int64_t{1} << 23) / std::max<std::int64_t>(depth, 1), 64, prefill_max));
}

// Before minutes are spent on the way to it.
void refuse_beyond_context(const BenchOptions& options) {
    const std::int64_t room = ModelConfig::load(options.engine.model).positions - prefill_max;
    if (options.depths.back() <= room) return;
    throw Error(fmt::format(
        "Cannot measure {} at a depth of {}: its context has room for {} and the {} tokens that are timed; "
        "give smaller --depths",
        options.engine.model.string(), options.depths.back(), std::max<std::int64_t>(room, 0), prefill_max));
}

}  // namespace

BenchRun::BenchRun(const BenchOptions& options, const LoadProgress& loading,
                   const std::function<void(const std::string&)>& progress, std::stop_token stop)
    : options_(options), progress_(progress), stop_(std::move(stop)) {
    refuse_beyond_context(options_);
    load(false, loading);
    if (options_.dense) load(true, loading);
    probes_ = std::make_unique<Probes>(options_.engine.threads);
    describe();
}

void BenchRun::load(bool dense, const LoadProgress& loading) {
    check();
    Form form;
    EngineOptions wanted = options_.engine;
    wanted.dense = dense;
    wanted.op_times = form.times;
    constexpr std::int64_t room = 4096;  // for what is timed at the greatest depth, and for what is remembered of it
    wanted.cache_tokens_max = options_.depths.back() + check_at_most + room;  // beside it, the prefill that checks
    form.engine = Engine::load(wanted, loading);
    forms_.push_back(std::move(form));
}

void BenchRun::describe() {
    const Weights weights = Weights::open(options_.engine.model, forms_[0].engine->config());
    report_.config = forms_[0].engine->config();
    report_.threads = probes_->threads();
    report_.weight_bytes = static_cast<double>(weights.sizes().bytes_active);
    const double head = double(report_.config.vocab) * report_.config.hidden;
    report_.flops = 2 * (static_cast<double>(weights.sizes().parameters_active) - head);
    report_.bytes = probes_->bytes();
    report_.batch = options_.batch;
    report_.round_seconds = probes_->round_seconds();
}

std::vector<Token> BenchRun::random_tokens(std::int64_t count) {
    std::vector<Token> tokens;
    const auto vocab = static_cast<unsigned>(report_.config.vocab);
    for (std::int64_t i = 0; i < count; ++i) tokens.push_back(static_cast<Token>(random_() % vocab));
    return tokens;
}

// Appends tokens that no timeline has seen, so that nothing is found in a cache.
void BenchRun::evaluate(Timeline& timeline, std::int64_t count) {
    std::vector<Token> tokens(timeline.tokens().begin(), timeline.tokens().end());
    const std::vector<Token> added = random_tokens(count);
    tokens.insert(tokens.end(), added.begin(), added.end());
    if (!timeline.sync(tokens, stop_).complete) throw Stopped{};
}

void BenchRun::grow(std::int64_t depth) {
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

double BenchRun::decode(Timeline& timeline, std::int64_t depth, int tokens) {
    const std::vector<Token> added = random_tokens(tokens);
    const double took = seconds([&] {
        for (const Token token : added) timeline.step(token);
    });
    timeline.rewind(depth);
    check();
    return took;
}

double BenchRun::prefill(Timeline& timeline, std::int64_t depth, int tokens) {
    const double took = seconds([&] { evaluate(timeline, tokens); });
    timeline.rewind(depth);
    return took;
}

double BenchRun::probe(bool is_decode) {
    bytes_.push_back(probes_->bytes().per_second);
    if (is_decode) return reads_.emplace_back(probes_->read_bytes_per_second());
    return floats_.emplace_back(probes_->floats().per_second);
}

BenchPair BenchRun::measure(std::int64_t depth, int tokens, bool is_decode) {
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

BenchReport BenchRun::run() {
    constexpr std::int64_t turn_wanted = 32768, batch_wanted = 8192;
    for (const std::int64_t depth : options_.depths) {
        const bool batch_is_due = depth >= batch_wanted || depth == options_.depths.back();
        if (options_.batch > 1 && !report_.batch_gain && batch_is_due) measure_batch(std::min(depth, batch_wanted));
        grow(depth);
        for (Form& form : forms_) (void)decode(*form.timeline, depth, 1);  // memory and caches warm up
        double slowest = 0;
        for (Form& form : forms_) slowest = std::max(slowest, decode(*form.timeline, depth, 1));
        const int steps = std::clamp(static_cast<int>(std::ceil(decode_seconds / slowest)), 1, decode_tokens_max);
        BenchDepth at{depth, measure(depth, steps, true), measure(depth, prefill_tokens_at(depth), false)};
        report_.depths.push_back(at);
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

std::optional<BenchReport> run_bench(const BenchOptions& options, const LoadProgress& loading,
                                     const std::function<void(const std::string& doing)>& progress,
                                     std::stop_token stop) {
    ENGINE_CHECK(!options.depths.empty() && std::ranges::is_sorted(options.depths));
    try {
        return BenchRun(options, loading, progress, std::move(stop)).run();
    } catch (const Stopped&) {
        return std::nullopt;
    }
}

}  // namespace heddle::engine
