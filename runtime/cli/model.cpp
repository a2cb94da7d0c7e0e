// runtime/cli/model.cpp: heddle model info|tokenize: what a checkpoint is, and how its tokenizer cuts text.
#include <fmt/core.h>

#include <filesystem>
#include <iostream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "engine/backend.h"
#include "engine/cache/page_pool.h"
#include "engine/tokenizer.h"
#include "engine/transformer/model_config.h"
#include "engine/transformer/weights.h"
#include "runtime/cli/commands.h"
#include "runtime/cli/model_bench.h"
#include "runtime/cli/model_eval.h"
#include "runtime/cli/standard_output.h"

namespace heddle {

namespace {

using Json = nlohmann::ordered_json;

struct TokenizeFlags {
    std::filesystem::path model;
    bool control = false, jsonl = false;
};

void tokenize(const TokenizeFlags& flags) {
    const auto tokenizer = engine::Tokenizer::load(flags.model / "tokenizer.json");
    const auto ids_of = [&](const std::string& text) {
        return Json(flags.control ? tokenizer.encode_with_control(text) : tokenizer.encode(text));
    };
    if (!flags.jsonl) {
        const std::string text{std::istreambuf_iterator<char>(std::cin), {}};
        return print_answer(ids_of(text).dump() + "\n");
    }
    int number = 0;
    for (std::string line; std::getline(std::cin, line);) {
        ++number;
        const auto json = Json::parse(line, nullptr, false);
        const auto text = json.is_object() ? json.find("text") : json.end();
        if (!json.is_object() || text == json.end() || !text->is_string()) {
            throw CLI::ValidationError(
                fmt::format("cannot tokenize line {} of standard input: it is not like {{\"text\": \"...\"}}", number));
        }
        print_answer(Json{{"ids", ids_of(text->get<std::string>())}}.dump() + "\n");
    }
}

Json dimensions_of(const engine::ModelConfig& config) {
    return {{"layers", config.layers},
            {"dense_layers", config.dense_layers},
            {"hidden", config.hidden},
            {"heads", config.heads},
            {"q_lora", config.q_lora},
            {"kv_lora", config.kv_lora},
            {"nope", config.nope},
            {"rope", config.rope},
            {"v_head", config.v_head},
            {"index_heads", config.index_heads},
            {"index_dim", config.index_dim},
            {"index_top_k", config.index_top_k},
            {"dense_inner", config.dense_inner},
            {"experts", config.experts},
            {"experts_per_token", config.experts_per_token},
            {"shared_experts", config.shared_experts},
            {"expert_inner", config.expert_inner},
            {"groups", config.groups},
            {"groups_kept", config.groups_kept},
            {"vocabulary", config.vocab},
            {"positions", config.positions},
            {"yarn_factor", config.yarn ? Json(config.yarn->factor) : Json(nullptr)}};
}

// One token's rows in the cpu back end's cache, all layers together.
std::size_t cache_bytes_of(const engine::ModelConfig& config) {
    const auto ops = engine::make_backend("cpu", 1, {});
    return ops->page_layout(config.layers, config.kv_lora, config.rope, config.index_dim).rows_bytes() /
           static_cast<std::size_t>(engine::page_tokens);
}

Json info_of(const std::filesystem::path& folder) {
    const auto config = engine::ModelConfig::load(folder);
    const auto weights = engine::Weights::open(folder, config);
    const auto& sizes = weights.sizes();
    Json by_dtype = Json::object();
    for (const auto& [dtype, parameters] : sizes.by_dtype) by_dtype[engine::name_of(dtype)] = parameters;
    Json tokenizer = nullptr;
    if (const auto file = folder / "tokenizer.json"; std::filesystem::exists(file)) {
        tokenizer = {{"vocabulary", engine::Tokenizer::load(file).vocabulary_size()}};
    }
    return {{"model_type", config.model_type},
            {"parameters", sizes.parameters},
            {"parameters_active", sizes.parameters_active},
            {"parameters_by_dtype", by_dtype},
            {"weight_bytes", sizes.bytes},
            {"files", sizes.files},
            {"dimensions", dimensions_of(config)},
            {"tokenizer", tokenizer},
            {"end_tokens", config.end_tokens},
            {"temperature", config.temperature},
            {"top_p", config.top_p},
            {"cache_bytes_per_token", cache_bytes_of(config)}};
}

std::string text_of(const Json& info) {
    std::string text;
    for (const auto& [key, value] : info.items()) {
        if (!value.is_object()) {
            text += fmt::format("{:22} {}\n", key, value.is_string() ? value.get<std::string>() : value.dump());
            continue;
        }
        text += key + "\n";
        for (const auto& [name, inner] : value.items()) text += fmt::format("  {:20} {}\n", name, inner.dump());
    }
    return text;
}

}  // namespace

void add_model(CLI::App& app, int& exit_code) {
    auto* model = app.add_subcommand("model", "Look at a checkpoint: what it is, its tokens, its logits");
    model->require_subcommand(1);

    struct InfoFlags {
        std::filesystem::path model;
        bool json = false;
    };
    const auto info_flags = std::make_shared<InfoFlags>();
    auto* info = model->add_subcommand("info", "Sizes, types and dimensions, from the headers alone");
    info->add_option("--model", info_flags->model, "Folder with config.json and *.safetensors")
        ->required()
        ->check(CLI::ExistingDirectory);
    info->add_flag("--json", info_flags->json, "One JSON object");
    info->callback([info_flags, &exit_code] {
        const Json found = info_of(info_flags->model);
        print_answer(info_flags->json ? found.dump() + "\n" : text_of(found));
        exit_code = exit_done;
    });

    const auto flags = std::make_shared<TokenizeFlags>();
    auto* cut = model->add_subcommand("tokenize", "Turn standard input into token ids, as a JSON list");
    cut->add_option("--model", flags->model, "Folder with tokenizer.json")->required()->check(CLI::ExistingDirectory);
    cut->add_flag("--control", flags->control, "Text may spell control tokens");
    cut->add_flag("--jsonl", flags->jsonl, "Read lines {\"text\": ...}, write lines {\"ids\": [...]}");
    cut->callback([flags, &exit_code] {
        tokenize(*flags);
        exit_code = exit_done;
    });

    add_model_bench(*model, exit_code);
    add_model_eval(*model, exit_code);
}

}  // namespace heddle
