// engine/cpu/cpu_ops.h: The CPU back end: float activations, packed weights, narrow rows and keys in the cache.
#pragma once

#include "engine/cpu/kernels.h"
#include "engine/cpu/key_scorer.h"
#include "engine/cpu/packed_weight.h"
#include "engine/cpu/thread_pool.h"
#include "engine/ops/ops.h"

namespace heddle::engine {

// Latent rows are what RowFormat says. A page's indexer keys are whole numbers, 128 more than they are, as bytes
// [dim / 4, 64, 4], and 64 floats of scales; where the indexer is exact, they are floats [dim, 64]. Keys lie beside
// each other, so that lanes can be keys.
class CpuOps final : public Ops {
 public:
    CpuOps(const Kernels& kernels, int threads, bool quantised_indexer, CacheRows rows)
        : kernels_(kernels), pool_(threads), quantised_indexer_(quantised_indexer), rows_(rows) {}

    Device& device() override { return host_device(); }
    int element_bytes() const override { return sizeof(float); }
    PageLayout page_layout(int layers, int kv_lora, int rope, int index_dim) const override;

    std::uint64_t packed_bytes(std::uint64_t stored_bytes, std::uint64_t parameters) const override;
    std::unique_ptr<Weight> pack_matrix(const WeightSource& source) override;
    std::unique_ptr<Weight> pack_table(const WeightSource& source) override;
    std::unique_ptr<Weight> pack_vector(const WeightSource& source) override;

    void embed(const Weight& table, std::span<const Token> tokens, Rows out) override;
    void multiply(std::span<const Product> products) override;
    void norm(const NormParams& params) override;
    void add(Rows x, Rows y) override;
    void gather(Rows x, const int* rows, Rows out) override;
    void rope(const RopeParams& params) override;
    void store(const StoreParams& params) override;
    void select(const SelectParams& params) override;
    void attend(const AttendParams& params) override;
    void gate(const GateParams& params) override;
    void route(const RouteParams& params) override;
    void combine(const CombineParams& params) override;
    void read(Rows x, std::span<float> out) override;

 private:
    // Calls work(row) for each row; on the pool when the rows together are worth waking somebody.
    template <class Work>
    void each_row(std::int64_t rows, std::int64_t cost_of_row, const Work& work) {
        constexpr std::int64_t cost_worth_sharing = 1 << 15;
        if (rows * cost_of_row < cost_worth_sharing) {
            for (std::int64_t row = 0; row < rows; ++row) work(row);
            return;
        }
        constexpr std::int64_t rows_of_task = 8;
        pool_.run((rows + rows_of_task - 1) / rows_of_task, [&](std::int64_t task) {
            for (std::int64_t row = task * rows_of_task; row < rows && row < (task + 1) * rows_of_task; ++row)
                work(row);
        });
    }
    void put_key(float* key, int dim, std::byte* keys, std::int64_t lane) const;
    void score_keys(const KeyScorer& scorer, std::span<const IndexQuery> queries, float* scores, std::int64_t stride);

    const Kernels& kernels_;
    ThreadPool pool_;
    WeightShelf shelf_;
    bool quantised_indexer_;
    CacheRows rows_;
};

}  // namespace heddle::engine
