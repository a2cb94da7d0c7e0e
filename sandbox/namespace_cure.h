// sandbox/namespace_cure.h: Why this machine gives no namespaces, and what to do about it, by the right name.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace heddle::sandbox {

// What has a say over namespaces; none where this kernel has no such knob.
struct NamespaceKnobs {
    std::optional<long> apparmor_restricts;  // kernel.apparmor_restrict_unprivileged_userns, of Ubuntu
    std::optional<long> unprivileged_clone;  // kernel.unprivileged_userns_clone, of Debian's older kernels
    std::optional<long> namespaces_max;      // user.max_user_namespaces
    bool has_filter = false;                 // this process is under a seccomp filter, as in a container
    bool is_root = false;
};

NamespaceKnobs read_namespace_knobs();

// Cause and cure in one clause, or "" where nothing of this is the cause.
std::string namespace_cure(const NamespaceKnobs& knobs);

// The profile that lets the launcher at this path make user namespaces where AppArmor restricts them.
std::string apparmor_profile(const std::filesystem::path& launcher);

}  // namespace heddle::sandbox
