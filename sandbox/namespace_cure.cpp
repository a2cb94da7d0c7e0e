// sandbox/namespace_cure.cpp: Reads the knobs of the kernel and of distributions, the likeliest cause first.
#include "sandbox/namespace_cure.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <charconv>

#include "sandbox/text_file.h"

namespace heddle::sandbox {

namespace {

std::optional<long> knob(const char* path) {
    const std::string text = read_text_at(AT_FDCWD, path);
    long value = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), value).ec != std::errc()) return std::nullopt;
    return value;
}

}  // namespace

NamespaceKnobs read_namespace_knobs() {
    NamespaceKnobs knobs;
    knobs.apparmor_restricts = knob("/proc/sys/kernel/apparmor_restrict_unprivileged_userns");
    knobs.unprivileged_clone = knob("/proc/sys/kernel/unprivileged_userns_clone");
    knobs.namespaces_max = knob("/proc/sys/user/max_user_namespaces");
    knobs.has_filter = number_after(read_text_at(AT_FDCWD, "/proc/self/status"), "Seccomp:") == 2;
    knobs.is_root = ::geteuid() == 0;
    return knobs;
}

std::string namespace_cure(const NamespaceKnobs& knobs) {
    if (knobs.namespaces_max == 0)
        return "no user namespace may be made here: sysctl -w user.max_user_namespaces=10000";
    if (!knobs.is_root && knobs.unprivileged_clone == 0)
        return "only root may make user namespaces here: sysctl -w kernel.unprivileged_userns_clone=1";
    // A filter that was inherited is nearer than AppArmor, whose restriction containers see, too.
    if (knobs.has_filter)
        return "a seccomp filter refuses namespaces, as Docker's does: start the container with --security-opt "
               "seccomp=FILE, a profile that allows clone, clone3, unshare, setns, mount, umount2 and pivot_root";
    if (!knobs.is_root && knobs.apparmor_restricts.value_or(0) != 0)
        return "AppArmor gives namespaces no rights: heddle sandbox probe --apparmor prints a profile for "
               "heddle-launcher that does, and how to load it";
    return "";
}

std::string apparmor_profile(const std::filesystem::path& launcher) {
    return fmt::format(R"(# Lets heddle-launcher make user namespaces, in which it keeps commands apart. To load it:
#   heddle sandbox probe --apparmor | sudo tee /etc/apparmor.d/heddle-launcher
#   sudo apparmor_parser -r /etc/apparmor.d/heddle-launcher
abi <abi/4.0>,
include <tunables/global>

profile heddle-launcher "{}" flags=(unconfined) {{
  userns,
}}
)",
                       launcher.native());
}

}  // namespace heddle::sandbox
