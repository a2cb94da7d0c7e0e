// runtime/model/engine_model.h: The model in process: a timeline of the engine, asked from the loop.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "runtime/model/model.h"

namespace heddle {

struct EngineModelOptions {
    std::filesystem::path folder;  // a checkpoint as published
    std::string backend = "cpu";
    int threads = 0;                           // 0: one per core that this process may use
    std::optional<double> temperature, top_p;  // none: what the checkpoint's generation_config.json says
    std::uint64_t seed = 0;
};

struct Sampling {
    double temperature = 0, top_p = 1;
    std::uint64_t seed = 0;
};

// How the engine reports that it reads the weights, and at which file it is.
using EngineProgress =
    std::function<void(std::uint64_t bytes_done, std::uint64_t bytes_total, const std::string& file)>;

// One conversation on one timeline. The model may only say text and the control tokens that a reply can hold: what ends
// its reasoning, marks a call, or ends the reply.
class EngineModel : public Model {
 public:
    // Loads the checkpoint. Throws engine::Error: one line, which file, what is wrong, what to do.
    static std::unique_ptr<EngineModel> load(const EngineModelOptions& options, const EngineProgress& progress = {});
    ~EngineModel() override;

    Sampling sampling() const;  // as it is used
    std::string name() const override;
    std::string weights_hash() const override;
    const Codec& codec() const override;
    std::int64_t context_tokens_max() const override;
    boost::asio::awaitable<Reply> generate(GenerateRequest request, const GenerateSink& sink,
                                           std::stop_token stop) override;

 private:
    struct State;
    explicit EngineModel(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace heddle
