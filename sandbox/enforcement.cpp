// sandbox/enforcement.cpp: The words for tiers, layers and holders, and a policy's words held against them.
#include "sandbox/enforcement.h"

namespace heddle::sandbox {

namespace {

constexpr std::string_view memory_hard = "memory.hard";
constexpr std::array<const char*, layers_count> layer_names = {
    "fs",    "net",    "processes", "ipc", "devices", "syscalls", "view",
    "modes", "memory", "tasks",     "cpu", "disk",    "output",   "protected-paths"};

}  // namespace

const char* name_of(Tier tier) {
    switch (tier) {
        case Tier::a:
            return "A";
        case Tier::b:
            return "B";
        case Tier::c:
            return "C";
        case Tier::d:
            return "D";
    }
    return "?";
}

const char* name_of(Layer layer) {
    return layer_names.at(static_cast<std::size_t>(layer));
}

const char* name_of(Holder holder) {
    switch (holder) {
        case Holder::none:
            return "none";
        case Holder::supervised:
            return "supervised";
        case Holder::kernel:
            return "kernel";
    }
    return "?";
}

const std::set<std::string_view>& require_names() {
    static const std::set<std::string_view> names = [] {
        std::set<std::string_view> all(layer_names.begin(), layer_names.end());
        all.insert(memory_hard);
        return all;
    }();
    return names;
}

std::optional<std::string> unmet(const std::set<std::string>& required, const Enforcement& held) {
    const auto is_met = [&](const std::string& word) {
        if (word == memory_hard) return held[Layer::memory] == Holder::kernel;
        for (std::size_t layer = 0; layer < layers_count; ++layer)
            if (word == layer_names[layer]) return held.holders[layer] != Holder::none;
        return false;
    };
    for (const std::string& word : required)
        if (!is_met(word)) return word;
    return std::nullopt;
}

}  // namespace heddle::sandbox
