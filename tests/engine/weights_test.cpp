// tests/engine/weights_test.cpp: Tests that the model's tensors are found, checked and read, or refused by name.
#include "engine/transformer/weights.h"

#include <doctest.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <functional>
#include <string>

#include "engine/ops/numbers.h"
#include "tests/support/make_checkpoint.h"
#include "tests/support/temp_folder.h"

using namespace heddle::engine;
using namespace heddle::test;

namespace {

const MadeTensor& named(const std::vector<MadeTensor>& tensors, const std::string& name) {
    for (const auto& tensor : tensors) {
        if (tensor.name == name) return tensor;
    }
    FAIL("no tensor " << name);
    return tensors.front();
}

MadeTensor& named(std::vector<MadeTensor>& tensors, const std::string& name) {
    return const_cast<MadeTensor&>(named(std::as_const(tensors), name));
}

bool same_bytes(const TensorView& view, const MadeTensor& made) {
    return view.bytes.size() == made.bytes.size() &&
           std::memcmp(view.bytes.data(), made.bytes.data(), made.bytes.size()) == 0;
}

std::string error_of(const std::function<void()>& act) {
    try {
        act();
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

// The error of a checkpoint whose tensors were changed; both opening and reading everything are tried.
std::string error_after(const std::function<void(std::vector<MadeTensor>&)>& spoil, ModelConfig config = small_config(),
                        DType dtype = DType::f8_e4m3) {
    const TempFolder folder;
    auto tensors = make_tensors(config, dtype, 1);
    spoil(tensors);
    write_safetensors(folder.path() / "model.safetensors", tensors);
    return error_of([&] {
        const auto weights = Weights::open(folder.path(), config);
        (void)weights.read_outer();
        for (int i = 0; i < config.layers; ++i) (void)weights.read_layer(i);
    });
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("weights: every view shows the bytes of its tensor, for each type, in one file and in shards") {
    const auto config = small_config();
    for (const DType dtype : {DType::f32, DType::bf16, DType::f8_e4m3}) {
        for (const int shards : {1, 4}) {
            const TempFolder folder;
            make_checkpoint(folder.path(), config, dtype, 7, shards);
            const auto made = make_tensors(config, dtype, 7);
            const auto weights = Weights::open(folder.path(), config);
            CHECK(weights.sizes().files == shards);
            const auto outer = weights.read_outer();
            CHECK(same_bytes(outer.view.embedding, named(made, "model.embed_tokens.weight")));
            CHECK(same_bytes(outer.view.norm, named(made, "model.norm.weight")));
            CHECK(same_bytes(outer.view.head.weight, named(made, "lm_head.weight")));
            const auto first = weights.read_layer(0);
            REQUIRE(first.view.dense);
            CHECK(!first.view.moe);
            CHECK(same_bytes(first.view.dense->down.weight, named(made, "model.layers.0.mlp.down_proj.weight")));
            const auto last = weights.read_layer(2);
            const std::string at = "model.layers.2.";
            REQUIRE(last.view.moe);
            CHECK(last.view.moe->experts.size() == 8);
            CHECK(same_bytes(last.view.moe->experts[7].up.weight, named(made, at + "mlp.experts.7.up_proj.weight")));
            CHECK(same_bytes(last.view.moe->shared->gate.weight,
                             named(made, at + "mlp.shared_experts.gate_proj.weight")));
            CHECK(same_bytes(last.view.moe->correction_bias, named(made, at + "mlp.gate.e_score_correction_bias")));
            CHECK(same_bytes(last.view.attention.kv_a.weight, named(made, at + "self_attn.kv_a_proj_with_mqa.weight")));
            CHECK(same_bytes(last.view.attention.indexer.k.weight, named(made, at + "self_attn.indexer.wk.weight")));
            CHECK(
                same_bytes(last.view.attention.indexer.k_norm_bias, named(made, at + "self_attn.indexer.k_norm.bias")));
            CHECK(last.view.attention.kv_a.weight.dtype == dtype);
            CHECK(last.view.attention.kv_a.scale_inv.empty() == (dtype != DType::f8_e4m3));
            CHECK(reinterpret_cast<std::uintptr_t>(last.view.attention.o.weight.bytes.data()) % 64 == 0);
        }
    }
}

TEST_CASE("weights: an FP8 value times its block's scale is near the value that was quantised") {
    const auto config = small_config();
    const TempFolder f8_folder, f32_folder;
    make_checkpoint(f8_folder.path(), config, DType::f8_e4m3, 3);
    make_checkpoint(f32_folder.path(), config, DType::f32, 3);
    const auto f8 = Weights::open(f8_folder.path(), config).read_layer(0);
    const auto f32 = Weights::open(f32_folder.path(), config).read_layer(0);
    const auto& narrow = f8.view.attention.q_a;
    CHECK(narrow.scale_inv.shape == Shape{2, 3});  // 40 x 72 in blocks of 32 x 32
    const auto wide = f32.view.attention.q_a.weight.as<float>();
    const auto bits = narrow.weight.as<std::uint8_t>();
    const auto scales = narrow.scale_inv.as<float>();
    for (int row = 0; row < narrow.out; ++row) {
        for (int column = 0; column < narrow.in; ++column) {
            const auto i = static_cast<std::size_t>(row * narrow.in + column);
            const float value = e4m3_to_float(bits[i]) * scales[static_cast<std::size_t>(row / 32 * 3 + column / 32)];
            REQUIRE(value == doctest::Approx(wide[i]).epsilon(0.07));
        }
    }
}

TEST_CASE("weights: parameters are counted with and without the experts that a token does not meet") {
    const auto config = small_config();
    const TempFolder folder;
    make_checkpoint(folder.path(), config, DType::bf16, 1);
    const auto weights = Weights::open(folder.path(), config);
    std::uint64_t total = 0, bytes = 0;
    for (const auto& tensor : make_tensors(config, DType::bf16, 1)) {
        total += tensor.bytes.size() / (tensor.dtype == "F32" ? 4 : 2);
        bytes += tensor.bytes.size();
    }
    CHECK(weights.sizes().parameters == total);
    CHECK(weights.sizes().bytes == bytes);
    CHECK(weights.sizes().parameters_active == total - 267 * 72 - 2 * (8 - 2) * 3 * 72 * 36);
    CHECK(weights.sizes().bytes_active == bytes - 2 * (267 * 72 + 2 * (8 - 2) * 3 * 72 * 36));
}

TEST_CASE("weights: tensors of layers behind the last are left aside, others that have no place are refused") {
    const auto extra = [](const std::string& name) {
        return [name](auto& tensors) { tensors.push_back({name, "BF16", {2}, std::string(4, '\0')}); };
    };
    CHECK(error_after(extra("model.layers.3.eh_proj.weight")) == "no error");
    CHECK(has(error_after(extra("model.layers.2.eh_proj.weight")), "has no place"));
    CHECK(has(error_after(extra("model.layers.x.weight")), "has no place"));
    CHECK(has(error_after(extra("model.layers.0.self_attn.q_a_proj.bias")), "q_a_proj.bias"));
}

TEST_CASE("weights: a missing, misshapen or mistyped tensor is refused by its name") {
    const std::string victim = "model.layers.1.self_attn.kv_b_proj.weight";
    const auto missing = error_after(
        [&](auto& tensors) { std::erase_if(tensors, [&](const auto& tensor) { return tensor.name == victim; }); });
    CHECK(has(missing, "tensor " + victim + " is missing; it should be [96, 48]"));
    const auto misshapen = error_after([&](auto& tensors) { named(tensors, victim).shape = {48, 96}; });
    CHECK(has(misshapen, victim + " has shape [48, 96]; config.json makes it [96, 48]"));
    const auto mistyped = error_after([&](auto& tensors) { named(tensors, victim).dtype = "U8"; });
    CHECK(has(mistyped, victim + " has type U8; it must be F32 or BF16 or F8_E4M3"));
    const auto scale = error_after([&](auto& tensors) {
        std::erase_if(tensors, [&](const auto& tensor) { return tensor.name == victim + "_scale_inv"; });
    });
    CHECK(has(scale, victim + "_scale_inv is missing; it should be [3, 2]"));
    const auto norm = error_after([&](auto& tensors) {
        auto& tensor = named(tensors, "model.norm.weight");
        tensor = {tensor.name, "F8_E4M3", {72}, std::string(72, '\0')};
    });
    CHECK(has(norm, "model.norm.weight has type F8_E4M3; it must be F32 or BF16"));
}

TEST_CASE("weights: the indexer's key projection may be BF16 in an FP8 checkpoint") {
    CHECK(error_after([](auto& tensors) {
              const std::string name = "model.layers.0.self_attn.indexer.wk.weight";
              std::erase_if(tensors, [&](const auto& tensor) { return tensor.name == name + "_scale_inv"; });
              named(tensors, name) = {name, "BF16", {16, 72}, std::string(16 * 72 * 2, '\0')};
          }) == "no error");
}

TEST_CASE("weights: a scale beside a weight that is not FP8 is refused") {
    const auto error = error_after(
        [](auto& tensors) {
            tensors.push_back(
                {"model.layers.0.self_attn.q_a_proj.weight_scale_inv", "F32", {2, 3}, std::string(24, 1)});
        },
        small_config(), DType::bf16);
    CHECK(has(error, "q_a_proj.weight_scale_inv\" has no place"));
}

TEST_CASE("weights: a value that is not finite means a damaged file") {
    for (const DType dtype : {DType::f32, DType::bf16, DType::f8_e4m3}) {
        const auto error = error_after(
            [](auto& tensors) { named(tensors, "model.layers.2.mlp.experts.3.up_proj.weight").bytes.back() = '\x7f'; },
            small_config(), dtype);
        // 0x7f as the last byte is a NaN in e4m3 only; the wide types need the bits behind it too.
        if (dtype == DType::f8_e4m3) CHECK(has(error, "experts.3.up_proj.weight holds a value that is not finite"));
        const auto wide = error_after(
            [](auto& tensors) {
                auto& bytes = named(tensors, "model.layers.2.mlp.experts.3.up_proj.weight").bytes;
                bytes[bytes.size() - 2] = static_cast<char>(0x80);
                bytes.back() = static_cast<char>(0xff);
            },
            small_config(), dtype);
        CHECK(has(wide, "experts.3.up_proj.weight holds a value that is not finite"));
    }
}

TEST_CASE("weights: a file that shrinks after it was opened is an error, not a crash") {
    const auto config = small_config();
    const TempFolder folder;
    make_checkpoint(folder.path(), config, DType::bf16, 1);
    const auto file = folder.path() / "model.safetensors";
    const auto weights = Weights::open(folder.path(), config);
    const auto kept = weights.read_layer(0);
    std::filesystem::resize_file(file, std::filesystem::file_size(file) / 2);
    const auto error = error_of([&] { (void)weights.read_layer(2); });
    CHECK(has(error, "the file ends at byte " + std::to_string(std::filesystem::file_size(file))));
    CHECK(has(error, "tensor model.layers.2."));
    const auto made = make_tensors(config, DType::bf16, 1);
    CHECK(same_bytes(kept.view.dense->down.weight, named(made, "model.layers.0.mlp.down_proj.weight")));
}

TEST_CASE("weights: weights that do not fit in memory are refused before they are read") {
    auto config = small_config();
    config.hidden = 8192;
    config.layers = config.dense_layers = 1;
    auto tensors = make_tensors(config, DType::f32, 1);
    // The embedding goes to the end of the file, where it is half a terabyte of hole.
    auto& first = tensors.front();
    REQUIRE(first.name == "model.embed_tokens.weight");
    first.bytes.clear();
    std::rotate(tensors.begin(), tensors.begin() + 1, tensors.end());
    config.vocab = 1 << 24;
    tensors.back().shape[0] = config.vocab;
    const std::uint64_t hole = (std::uint64_t{1} << 24) * 8192 * 4;
    std::erase_if(tensors, [](const auto& tensor) { return tensor.name == "lm_head.weight"; });
    config.tied_embeddings = true;

    const TempFolder folder;
    const auto file = folder.path() / "model.safetensors";
    write_safetensors(file, tensors, hole);
    std::error_code refused;
    std::filesystem::resize_file(file, std::filesystem::file_size(file) + hole, refused);
    if (refused) {
        MESSAGE("not tested here: the file system of " << file.string() << " has no sparse files of this size");
        return;
    }
    const auto weights = Weights::open(folder.path(), config);
    const auto error = error_of([&] { (void)weights.read_outer(); });
    CHECK(has(error, "the next 549756 MB of weights do not fit in the "));
    CHECK(error_of([&] { (void)weights.read_layer(0); }) == "no error");
}

TEST_CASE("weights: a tied head is the embedding") {
    auto config = small_config();
    config.tied_embeddings = true;
    const TempFolder folder;
    make_checkpoint(folder.path(), config, DType::bf16, 1);
    const auto outer = Weights::open(folder.path(), config).read_outer();
    CHECK(outer.view.head.weight.bytes.data() == outer.view.embedding.bytes.data());
    CHECK(outer.view.head.out == config.vocab);
}
