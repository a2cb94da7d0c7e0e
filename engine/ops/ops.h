// engine/ops/ops.h: The face that all back ends wear: memory layout and kernels, one call a step of the paper.
#pragma once

#include <memory>
#include <span>

#include "engine/ops/params.h"
#include "engine/ops/weight.h"
#include "engine/tensor/device.h"

namespace heddle::engine {

// Immutable once made; safe from several threads. Each element of a result depends on its own row of the input and on
// the order of its own reduction, never on how many rows came along or how many threads worked: the same tokens give
// the same bits.
class Ops {
 public:
    virtual ~Ops() = default;

    virtual Device& device() = 0;
    virtual int element_bytes() const = 0;  // of an activation
    virtual PageLayout page_layout(int layers, int kv_lora, int rope, int index_dim) const = 0;

    // What the weights will take once packed, from what they take in the files.
    virtual std::uint64_t packed_bytes(std::uint64_t stored_bytes, std::uint64_t parameters) const = 0;
    virtual std::unique_ptr<Weight> pack_matrix(const WeightSource& source) = 0;  // for multiply
    virtual std::unique_ptr<Weight> pack_table(const WeightSource& source) = 0;   // for embed
    virtual std::unique_ptr<Weight> pack_vector(const WeightSource& source) = 0;  // for norms and biases: one row

    virtual void embed(const Weight& table, std::span<const Token> tokens, Rows out) = 0;
    virtual void multiply(std::span<const Product> products) = 0;  // independent of each other; one pass over all
    virtual void norm(const NormParams& params) = 0;
    virtual void add(Rows x, Rows y) = 0;                        // x += y
    virtual void gather(Rows x, const int* rows, Rows out) = 0;  // out[i] = x[rows[i]]
    virtual void rope(const RopeParams& params) = 0;
    virtual void store(const StoreParams& params) = 0;
    virtual void select(const SelectParams& params) = 0;
    virtual void attend(const AttendParams& params) = 0;
    virtual void gate(const GateParams& params) = 0;
    virtual void route(const RouteParams& params) = 0;
    virtual void combine(const CombineParams& params) = 0;
    virtual void read(Rows x, std::span<float> out) = 0;  // one row, to the caller
};

}  // namespace heddle::engine
