// sandbox/probe.cpp: Asks a launcher to try its layers, and runs one command for good measure.
#include "sandbox/probe.h"

#include <fmt/core.h>
#include <stdlib.h>

#include <array>
#include <cerrno>
#include <sstream>

#include "sandbox/channel.h"
#include "sandbox/error.h"
#include "sandbox/launch.h"
#include "sandbox/sandbox.h"

namespace fs = std::filesystem;

namespace heddle::sandbox {

namespace {

class TemporaryFolder {
 public:
    TemporaryFolder() {
        std::string name = (fs::temp_directory_path() / "heddle-probe-").native() + std::string(6, 'X');
        if (::mkdtemp(name.data()) == nullptr) throw Error("make a folder for a trial of the sandbox", errno);
        path_ = name;
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    ~TemporaryFolder() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    const fs::path& path() const { return path_; }

 private:
    fs::path path_;
};

// Lines of name, yes or no, detail, with tabs between.
std::vector<HostReport::Layer> layers_of(const std::string& text) {
    std::vector<HostReport::Layer> layers;
    std::istringstream lines(text);
    HostReport::Layer layer;
    std::string present;
    while (std::getline(lines, layer.name, '\t') && std::getline(lines, present, '\t') &&
           std::getline(lines, layer.detail)) {
        layer.present = present == "yes";
        layers.push_back(layer);
    }
    return layers;
}

}  // namespace

HostReport probe(const fs::path& launcher) {
    HostReport report;
    {
        const Launch launched = launch(launcher);
        send_message(launched.socket.get(), "probe");
        const auto answer = receive_message(launched.socket.get());
        if (!answer) throw Error("probe the sandbox: its launcher has ended");
        report.layers = layers_of(answer->bytes);
    }
    const TemporaryFolder workspace;
    Sandbox sandbox = Sandbox::start(launcher);
    Policy policy;
    policy.workspace = workspace.path();
    policy.mode = WorkspaceMode::ro;
    policy.tier = Tier::c;
    const Result result = sandbox.run({{"true"}, "", {}, false}, policy);
    if (result.outcome.kind != Outcome::Kind::exited || result.outcome.code != 0) {
        report.conclusion = describe(result.outcome);
        return report;
    }
    report.enforcement = result.enforcement;
    report.usable = report.enforcement && report.enforcement->tier == Tier::a;
    if (!report.usable) {
        const char* tier = name_of(report.enforcement ? report.enforcement->tier : Tier::c);
        report.conclusion =
            fmt::format("Commands run in tier {} alone, for a policy that says tier = \"{}\"", tier, tier);
        for (const auto& layer : report.layers)
            if (layer.name == "tier A") report.conclusion += ": " + layer.detail;
        return report;
    }
    std::string without;
    for (const auto& layer : report.layers)
        if (!layer.present) without += (without.empty() ? "" : ", ") + layer.name;
    report.conclusion = "Commands run in the sandbox.";
    if (!without.empty()) report.conclusion += " Not available here, and not needed for it: " + without + ".";
    return report;
}

}  // namespace heddle::sandbox
