// sandbox/policy_file.cpp: What holds where a policy says nothing, and which files may be one.
#include "sandbox/policy_file.h"

#include <fmt/core.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <system_error>

#include "sandbox/error.h"
#include "sandbox/policy_path.h"
#include "sandbox/printable.h"

namespace fs = std::filesystem;

namespace heddle::sandbox {

namespace {

constexpr std::size_t file_max = std::size_t{256} * 1024;  // a policy is read by people

constexpr std::array<LimitField, 8> limits = {{
    {"wall_s", &LimitRules::wall_s, 1, 31'000'000, 120, " s"},        // a build ends within it; a hang is noticed
    {"cpu_s", &LimitRules::cpu_s, 1, 31'000'000, 60, " s"},           // of a command, in sum
    {"memory_mb", &LimitRules::memory_mb, 8, 1 << 29, 2048, " MB"},   // compilers fit; a leak spares the machine
    {"tasks", &LimitRules::tasks, 1, 1'000'000, 512, ""},             // make -j and node fit; a fork bomb ends
    {"disk_mb", &LimitRules::disk_mb, 1, 1 << 29, 1024, " MB"},       // what a build leaves; it is kept in memory
    {"inodes", &LimitRules::inodes, 64, 1'000'000'000, 100'000, ""},  // a node_modules fits
    {"output_kb", &LimitRules::output_kb, 1, 1 << 20, 256, " KB"},    // of one stream; more is dropped, a flood ends it
    {"files", &LimitRules::files, 16, 1'000'000, 4096, ""},           // open at once, of one process
}};

constexpr std::array<std::string_view, 5> caches = {"cargo", "go", "npm", "pip", "uv"};

// Throws unless no guest could have written the policy, and none will write the next one.
void demand_out_of_reach(const PolicySource& source, const PolicyFile* policy) {
    const std::string doing = "use the policy " + printable(source.file.native()) + ": ";
    if (!source.file.is_absolute()) throw Error(doing + "its path is not absolute");
    if (!source.workspace.empty() && leads_through(source.file, source.workspace))
        throw Error(doing + "a policy inside the workspace could be written by the guest; keep it elsewhere");
    if (policy == nullptr) return;
    const auto demand = [&](const Permissions& permissions) {
        for (const auto& path : permissions.fs.write.value_or(Texts{}))
            if (path.front() == '/' && leads_through(source.file, path))
                throw Error(doing + "it lets the guest write to " + printable(path) +
                            ", where the policy itself lies; keep it elsewhere");
    };
    demand(policy->permissions);
    for (const auto& rule : policy->rules) demand(rule.changes);
}

}  // namespace

PolicyFile::PolicyFile() {
    permissions.fs = {FsRules::Workspace::cow,  // nothing of the user's changes before he has seen it
                      Texts{},
                      Texts{std::string(place_workspace), std::string(place_tmp)},
                      Texts{},
                      Texts{"default"},
                      Texts{}};
    permissions.net = {NetworkRules::Mode::off, std::vector<NetRule>{}, std::vector<NetRule>{},
                       false};  // most tasks need none, and all leaks do
    for (const auto& field : limits) permissions.limits.*field.value = field.standard;
    permissions.env = {Texts{}, std::map<std::string, std::string>{}};  // secrets live in variables
}

std::span<const LimitField> limit_fields() {
    return limits;
}

std::span<const std::string_view> cache_names() {
    return caches;
}

PolicyFile load_policy(const PolicySource& source) {
    const std::string doing = "read the policy " + printable(source.file.native());
    std::error_code error;
    const bool exists = fs::exists(source.file, error);
    if (error) throw Error(doing, error.value());
    if (!exists && source.origin == PolicyOrigin::user_config) return {};
    demand_out_of_reach(source, nullptr);
    if (!exists) throw Error(doing + ": there is no such file; name one that is there");
    if (!fs::is_regular_file(source.file, error)) throw Error(doing + ": it is not a file");
    std::ifstream in(source.file, std::ios::binary);
    if (!in) throw Error(doing, errno);
    std::string text(file_max + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (in.bad()) throw Error(doing, EIO);
    text.resize(static_cast<std::size_t>(in.gcount()));
    if (text.size() > file_max) throw Error(fmt::format("{}: it is longer than {} KiB", doing, file_max / 1024));
    const PolicyFile policy = parse_policy(text, source);
    demand_out_of_reach(source, &policy);
    return policy;
}

}  // namespace heddle::sandbox
