// engine/measure/timed_ops.cpp: Hands each call on, and adds up how long it took.
#include "engine/measure/timed_ops.h"

#include <utility>

#include "engine/measure/timing.h"

namespace heddle::engine {

namespace {

class TimedOps final : public Ops {
 public:
    TimedOps(std::unique_ptr<Ops> inner, std::shared_ptr<OpTimes> times)
        : inner_(std::move(inner)), times_(std::move(times)) {}

    Device& device() override { return inner_->device(); }
    int element_bytes() const override { return inner_->element_bytes(); }
    PageLayout page_layout(int layers, int kv_lora, int rope, int index_dim) const override {
        return inner_->page_layout(layers, kv_lora, rope, index_dim);
    }
    std::uint64_t packed_bytes(std::uint64_t stored_bytes, std::uint64_t parameters) const override {
        return inner_->packed_bytes(stored_bytes, parameters);
    }
    std::unique_ptr<Weight> pack_matrix(const WeightSource& source) override { return inner_->pack_matrix(source); }
    std::unique_ptr<Weight> pack_table(const WeightSource& source) override { return inner_->pack_table(source); }
    std::unique_ptr<Weight> pack_vector(const WeightSource& source) override { return inner_->pack_vector(source); }

    void embed(const Weight& table, std::span<const Token> tokens, Rows out) override {
        clock(OpKind::embed, [&] { inner_->embed(table, tokens, out); });
    }
    void multiply(std::span<const Product> products) override {
        clock(OpKind::multiply, [&] { inner_->multiply(products); });
    }
    void norm(const NormParams& params) override {
        clock(OpKind::norm, [&] { inner_->norm(params); });
    }
    void add(Rows x, Rows y) override {
        clock(OpKind::add, [&] { inner_->add(x, y); });
    }
    void gather(Rows x, const int* rows, Rows out) override {
        clock(OpKind::gather, [&] { inner_->gather(x, rows, out); });
    }
    void rope(const RopeParams& params) override {
        clock(OpKind::rope, [&] { inner_->rope(params); });
    }
    void store(const StoreParams& params) override {
        clock(OpKind::store, [&] { inner_->store(params); });
    }
    void select(const SelectParams& params) override {
        clock(OpKind::select, [&] { inner_->select(params); });
    }
    void attend(const AttendParams& params) override {
        clock(OpKind::attend, [&] { inner_->attend(params); });
    }
    void gate(const GateParams& params) override {
        clock(OpKind::gate, [&] { inner_->gate(params); });
    }
    void route(const RouteParams& params) override {
        clock(OpKind::route, [&] { inner_->route(params); });
    }
    void combine(const CombineParams& params) override {
        clock(OpKind::combine, [&] { inner_->combine(params); });
    }
    void read(Rows x, std::span<float> out) override {
        clock(OpKind::read, [&] { inner_->read(x, out); });
    }

 private:
    template <class Call>
    void clock(OpKind kind, const Call& call) {
        OpTime& time = (*times_)[kind];
        time.seconds += seconds(call);
        ++time.calls;
    }

    std::unique_ptr<Ops> inner_;
    std::shared_ptr<OpTimes> times_;
};

}  // namespace

const char* name_of(OpKind kind) {
    constexpr const char* names[] = {"embed",  "multiply", "norm", "add",   "gather",  "rope", "store",
                                     "select", "attend",   "gate", "route", "combine", "read"};
    return names[static_cast<std::size_t>(kind)];
}

OpTimes& OpTimes::operator+=(const OpTimes& other) {
    for (std::size_t i = 0; i < op_kinds; ++i) {
        of[i].seconds += other.of[i].seconds;
        of[i].calls += other.of[i].calls;
    }
    return *this;
}

OpTime OpTimes::total() const {
    OpTime sum;
    for (const OpTime& time : of) {
        sum.seconds += time.seconds;
        sum.calls += time.calls;
    }
    return sum;
}

std::unique_ptr<Ops> timed(std::unique_ptr<Ops> inner, std::shared_ptr<OpTimes> times) {
    return std::make_unique<TimedOps>(std::move(inner), std::move(times));
}

}  // namespace heddle::engine
