// runtime/cli/model_eval.cpp: Evaluates token ids from a file and writes what other programs can compare.
#include "runtime/cli/model_eval.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "runtime/cli/commands.h"
#include "runtime/cli/model_heat.h"
#include "runtime/cli/output_file.h"
#include "runtime/cli/standard_output.h"
#include "runtime/load_bar.h"

namespace heddle {

namespace {

struct EvalOptions {
    engine::EngineOptions engine;
    std::string ids, indexer = "int8", rows = "fp8", activations = "native", logits, selected;
    int top_k = 0;
    std::vector<std::string> heat;
};

std::vector<engine::Token> read_ids(const std::string& file) {
    std::ifstream in(file);
    const auto json = nlohmann::json::parse(in, nullptr, false);
    const auto* ids = json.is_object() && json.contains("ids") ? &json["ids"] : &json;
    const auto is_id = [](const nlohmann::json& id) {
        return id.is_number_integer() && id >= 0 && id <= std::int64_t{INT32_MAX};
    };
    if (!ids->is_array() || ids->empty() || !std::all_of(ids->begin(), ids->end(), is_id)) {
        throw CLI::ValidationError(
            fmt::format("Reading token ids from {} failed: it must hold a JSON array of at least one id", file));
    }
    return ids->get<std::vector<engine::Token>>();
}

void check_ids(const std::vector<engine::Token>& ids, const engine::ModelConfig& config) {
    const auto highest = std::max_element(ids.begin(), ids.end());
    if (*highest < config.vocab) return;
    throw CLI::ValidationError(fmt::format("Token {} is none of the model's {}; the text was encoded for another model",
                                           *highest, config.vocab));
}

// NumPy's own file format, version 1: a text header padded to 64 bytes, then the elements in row-major order.
template <class Element>
void write_npy(OutputFile& file, const char* type, const std::string& shape, const std::vector<Element>& data) {
    static_assert(std::endian::native == std::endian::little);
    std::string header = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", type, shape);
    constexpr std::size_t prefix = 10;
    header.resize((prefix + header.size() + 1 + 63) / 64 * 64 - prefix - 1, ' ');
    header += '\n';
    const char length[] = {static_cast<char>(header.size() & 0xff), static_cast<char>(header.size() >> 8)};
    file.write({"\x93NUMPY\x01\x00", 8});
    file.write({length, 2});
    file.write(header);
    file.write({reinterpret_cast<const char*>(data.data()), data.size() * sizeof(Element)});
    file.finish();
}

std::shared_ptr<const engine::Engine> load_engine(const engine::EngineOptions& options) {
    LoadBar bar(stderr);
    return engine::Engine::load(options, [&bar](std::uint64_t done, std::uint64_t total, const std::string& file) {
        bar.show(done, total, file);
    });
}

struct HeatFile {
    bool as_numbers = false;
    OutputFile file;
};

void write_heat(std::vector<HeatFile>& files, const engine::Timeline& timeline, const engine::ModelConfig& config,
                std::int64_t top_k) {
    if (files.empty()) return;
    Heat heat{.title = "", .tokens = static_cast<std::int64_t>(timeline.tokens().size()), .top_k = top_k, .uses = {}};
    heat.title = fmt::format("How often the indexer selected each of {} tokens", heat.tokens);
    for (int layer = 0; layer < config.layers; ++layer) heat.uses.push_back(timeline.uses(layer));
    for (HeatFile& to : files) {
        to.file.write(to.as_numbers ? heat_numbers(heat).dump() + "\n" : heat_drawing(heat));
        to.file.finish();
    }
}

void evaluate(EvalOptions& options) {
    const std::vector<engine::Token> ids = read_ids(options.ids);
    if (options.top_k > 0) options.engine.top_k = options.top_k;
    options.engine.indexer =
        options.indexer == "exact" ? engine::IndexerPrecision::exact : engine::IndexerPrecision::int8;
    options.engine.cache_rows = options.rows == "fp8"    ? engine::CacheRows::fp8
                                : options.rows == "bf16" ? engine::CacheRows::bf16
                                                         : engine::CacheRows::f32;
    options.engine.activations = options.activations == "f32" ? engine::Activations::f32 : engine::Activations::native;
    const auto loaded = load_engine(options.engine);
    const engine::ModelConfig& config = loaded->config();
    check_ids(ids, config);
    std::optional<OutputFile> logits_file, selected_file;
    if (!options.logits.empty()) logits_file.emplace(options.logits);
    if (!options.selected.empty()) selected_file.emplace(options.selected);
    const auto top_k = static_cast<std::size_t>(options.engine.top_k.value_or(config.index_top_k));
    std::vector<HeatFile> heat_files;
    for (const std::string& path : options.heat) heat_files.push_back({path.ends_with(".json"), OutputFile(path)});

    std::vector<float> logits;           // [n, vocab]
    std::vector<std::int32_t> selected;  // [layers, n, top_k], -1 behind the last
    engine::Observer observer;
    if (logits_file) {
        logits.reserve(ids.size() * static_cast<std::size_t>(config.vocab));
        observer.logits = [&](std::int64_t, std::span<const float> row) {
            logits.insert(logits.end(), row.begin(), row.end());
        };
    }
    if (selected_file) {
        selected.assign(static_cast<std::size_t>(config.layers) * ids.size() * top_k, -1);
        observer.selected = [&](int layer, std::int64_t position, std::span<const int> positions) {
            const std::size_t row = static_cast<std::size_t>(layer) * ids.size() + static_cast<std::size_t>(position);
            std::copy(positions.begin(), positions.end(), selected.begin() + std::ptrdiff_t(row * top_k));
        };
    }
    engine::Timeline timeline = loaded->open();
    timeline.observe(std::move(observer));
    timeline.sync(ids);
    write_heat(heat_files, timeline, config, static_cast<std::int64_t>(top_k));

    if (logits_file) write_npy(*logits_file, "<f4", fmt::format("{}, {}", ids.size(), config.vocab), logits);
    if (selected_file) {
        write_npy(*selected_file, "<i4", fmt::format("{}, {}, {}", config.layers, ids.size(), top_k), selected);
    }
    std::vector<std::int64_t> dense, sparse;  // tokens of each layer that attended to all before them, or to fewer
    for (const engine::AttentionUse& use : timeline.attention()) {
        dense.push_back(use.rows_dense);
        sparse.push_back(use.rows_sparse);
    }
    const std::span<const float> last = timeline.logits();
    const auto best = std::max_element(last.begin(), last.end());
    print_answer(nlohmann::ordered_json{{"tokens", ids.size()},
                                        {"backend", options.engine.backend},
                                        {"weights", loaded->weights_hash()},
                                        {"dense_tokens", dense},
                                        {"sparse_tokens", sparse},
                                        {"next", best - last.begin()},
                                        {"logit", *best}}
                     .dump() +
                 "\n");
}

}  // namespace

void add_model_eval(CLI::App& model, int& exit_code) {
    auto options = std::make_shared<EvalOptions>();
    auto* eval = model.add_subcommand("eval", "Evaluate token ids and write logits and selections as .npy files");
    eval->add_option("--model", options->engine.model, "Folder with config.json and *.safetensors")
        ->required()
        ->check(CLI::ExistingDirectory);
    eval->add_option("--ids", options->ids, "JSON file: an array of token ids")->required()->check(CLI::ExistingFile);
    eval->add_option("--backend", options->engine.backend, "Which kernels: cpu, or reference (double precision, slow)")
        ->check(CLI::IsMember({"cpu", "reference"}))
        ->capture_default_str();
    eval->add_option("--threads", options->engine.threads, "Threads; 0: one per core")
        ->check(CLI::Range(0, 1024))
        ->capture_default_str();
    eval->add_option("--chunk", options->engine.chunk_tokens, "Tokens evaluated at once; changes no bit of the result")
        ->check(CLI::Range(1, 8192))
        ->capture_default_str();
    eval->add_option("--top-k", options->top_k, "Selected tokens, in place of index_topk")
        ->check(CLI::Range(1, 1 << 20));
    eval->add_option("--indexer", options->indexer, "Its queries and keys: int8, or exact")
        ->check(CLI::IsMember({"exact", "int8"}))
        ->capture_default_str();
    eval->add_option("--cache-rows", options->rows, "What cached latents are rounded to: fp8, bf16 or f32")
        ->check(CLI::IsMember({"fp8", "bf16", "f32"}))
        ->capture_default_str();
    eval->add_option("--activations", options->activations,
                     "What products take: native, bf16 where the processor is faster with it, or f32")
        ->check(CLI::IsMember({"native", "f32"}))
        ->capture_default_str();
    eval->add_option("--logits", options->logits, "Write float32 [tokens, vocabulary] here");
    eval->add_option("--selected", options->selected, "Write int32 [layers, tokens, top_k] here, -1 where fewer");
    eval->add_option("--heat", options->heat,
                     "Draw how often each position was selected: .svg, or .json for the counts")
        ->type_name("FILE")
        ->check(CLI::Validator(
            [](const std::string& file) {
                return file.ends_with(".svg") || file.ends_with(".json") ? ""
                                                                         : file + " ends in neither .svg nor .json";
            },
            ""));
    eval->add_flag("--dense", options->engine.dense, "Attend to everything and select nothing, to compare with")
        ->excludes("--top-k", "--selected", "--heat");
    eval->callback([options, &exit_code] {
        evaluate(*options);
        exit_code = exit_done;
    });
}

}  // namespace heddle
