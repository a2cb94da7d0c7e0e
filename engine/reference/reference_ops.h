// engine/reference/reference_ops.h: The oracle: every kernel in plain double precision, written to be read.
#pragma once

#include "engine/ops/ops.h"
#include "engine/ops/row_format.h"

namespace heddle::engine {

class ReferenceOps final : public Ops {
 public:
    ReferenceOps(bool quantised_indexer, CacheRows rows) : quantised_indexer_(quantised_indexer), rows_(rows) {}

    Device& device() override { return host_device(); }
    int element_bytes() const override { return sizeof(double); }
    PageLayout page_layout(int layers, int kv_lora, int rope, int index_dim) const override;

    std::uint64_t packed_bytes(std::uint64_t, std::uint64_t parameters) const override { return parameters * 8; }
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
    bool quantised_indexer_;
    CacheRows rows_;
};

}  // namespace heddle::engine
