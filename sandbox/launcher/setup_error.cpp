// sandbox/launcher/setup_error.cpp: The text of a failed step, with a hint where the cause is known.
#include "sandbox/launcher/setup_error.h"

#include <fmt/core.h>

#include <cerrno>
#include <cstring>

#include "sandbox/namespace_cure.h"

namespace heddle::sandbox {

namespace {

const char* name(Step step) {
    switch (step) {
        case Step::request:
            return "request";
        case Step::tier:
            return "tier";
        case Step::clone:
            return "namespaces";
        case Step::id_map:
            return "id map";
        case Step::workspace:
            return "workspace";
        case Step::idmapped_mount:
            return "idmapped mount";
        case Step::cgroup:
            return "cgroup";
        case Step::identity:
            return "identity";
        case Step::loopback:
            return "loopback";
        case Step::mounts:
            return "mounts";
        case Step::proc:
            return "proc";
        case Step::pivot:
            return "pivot_root";
        case Step::limits:
            return "limits";
        case Step::landlock:
            return "landlock";
        case Step::capabilities:
            return "capabilities";
        case Step::seccomp:
            return "seccomp";
        case Step::command:
            return "command";
    }
    return "unknown";
}

// What to do about it, in words, or "" where there is no advice that would apply.
std::string hint(Step step, int error) {
    const bool refused = error == EPERM || error == EACCES;
    const bool is_about_namespaces =
        step == Step::clone || step == Step::id_map || step == Step::loopback || step == Step::mounts;
    if (is_about_namespaces && (refused || error == ENOSPC || error == ENOSYS)) {
        const std::string cure = namespace_cure(read_namespace_knobs());
        // A sandbox of ours answers so, and a container's filter for want of a look at the flags.
        if (error == ENOSYS)
            return "; this is already inside a sandbox: run Heddle outside of it" +
                   (cure.empty() ? "" : "; or " + cure);
        if (!cure.empty()) return "; " + cure;
    }
    if (step == Step::clone && refused)
        return "; user namespaces are refused here: in a container, allow clone, unshare and mount in its seccomp "
               "profile";
    if (step == Step::clone && error == ENOSPC)
        return "; raise user.max_user_namespaces (or another user.max_*_namespaces) with sysctl";
    if (step == Step::clone && error == EAGAIN) return "; too many processes: raise the limit or wait for some to end";
    if ((step == Step::id_map || step == Step::loopback || step == Step::mounts) && refused)
        return "; the namespace was given no rights: AppArmor needs a profile with 'userns,' for heddle-launcher";
    if (step == Step::proc && refused)
        return "; a container masks /proc: start it with systempaths=unconfined, or run outside of it";
    if (step == Step::idmapped_mount && error == EINVAL)
        return "; its file system has no idmapped mounts: run Heddle as an ordinary user, or move the folder";
    if (step == Step::idmapped_mount && refused)
        return "; root has no CAP_SYS_ADMIN here: run Heddle as an ordinary user";
    if (step == Step::landlock)
        return "; the kernel offers no Landlock: it needs 5.13 or later with 'landlock' among its lsm= boot list";
    if (error == EMFILE || error == ENFILE) return "; too many open files: raise the limit (ulimit -n)";
    return "";
}

}  // namespace

SetupError::SetupError(Step step, const std::string& doing, int errno_value)
    : std::runtime_error(fmt::format("step '{}': could not {}: {} ({}){}", name(step), doing,
                                     ::strerrordesc_np(errno_value) ? ::strerrordesc_np(errno_value) : "unknown error",
                                     ::strerrorname_np(errno_value) ? ::strerrorname_np(errno_value) : "?",
                                     hint(step, errno_value))),
      error(errno_value) {}

SetupError::SetupError(Step step, const std::string& doing, const std::string& why)
    : std::runtime_error(fmt::format("step '{}': could not {}: {}", name(step), doing, why)) {}

int check(int result, Step step, const char* doing) {
    if (result == -1) throw SetupError(step, doing, errno);
    return result;
}

}  // namespace heddle::sandbox
