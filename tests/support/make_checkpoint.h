// tests/support/make_checkpoint.h: Writes random model folders in the published format, for tests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/tensor/tensor.h"
#include "engine/transformer/model_config.h"

namespace heddle::test {

// A valid model of a few hundred kilobytes: three layers, one of them dense, eight experts in two groups, vocabulary
// small_vocabulary. Sizes that are no multiples of anything, and blocks of 32 x 32 so that FP8 has ragged edges.
engine::ModelConfig small_config();

// The standard model for timing, 1.35 billion parameters of which 0.3 serve a token: hidden 1536, six layers, 64
// experts.
engine::ModelConfig p1_config();

// What the written tokenizer.json has: <｜begin▁of▁sentence｜> 0, <｜end▁of▁sentence｜> 1, the bytes 0 to 255 as 2 to
// 257, "th" "he" "the" " the" as 258 to 261, then ｜DSML｜, <think>, </think>, <｜User｜>, <｜Assistant｜> to 266.
inline constexpr int small_vocabulary = 267;

// config.json, generation_config.json, tokenizer.json and the weights. Linear layers have `linear_dtype` (FP8 with
// power-of-two scales by block); all else is F32 when that is F32, else as published. With `shards` > 1 an index and
// so many files. config.vocab must be at least small_vocabulary for the tokenizer to fit.
void make_checkpoint(const std::filesystem::path& folder, const engine::ModelConfig& config, engine::DType linear_dtype,
                     std::uint64_t seed, int shards = 1);

// Its parts, for tests that spoil one of them, and for the program of this name.
void write_weights(const std::filesystem::path& folder, const engine::ModelConfig& config, engine::DType linear_dtype,
                   std::uint64_t seed, int shards);
struct MadeTensor {
    std::string name;
    std::string dtype;
    std::vector<std::int64_t> shape;
    std::string bytes;
};
std::vector<MadeTensor> make_tensors(const engine::ModelConfig& config, engine::DType linear_dtype, std::uint64_t seed);
void write_config(const std::filesystem::path& folder, const engine::ModelConfig& config);
void write_tokenizer(const std::filesystem::path& folder);
// `hole`: how many bytes the last tensor has beyond those given; the caller makes the file so much longer.
void write_safetensors(const std::filesystem::path& file, const std::vector<MadeTensor>& tensors,
                       std::uint64_t hole = 0);

}  // namespace heddle::test
