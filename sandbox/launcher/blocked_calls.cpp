// sandbox/launcher/blocked_calls.cpp: A table of calls by what they are for.
#include "sandbox/launcher/blocked_calls.h"

#include <fmt/core.h>
#include <seccomp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <iterator>

#include "sandbox/launcher/new_calls.h"
#include "sandbox/printable.h"

namespace heddle::sandbox {

namespace {

constexpr const char* mounts = "the sandbox gives no mounts";
constexpr const char* root = "the sandbox gives no other root folder";
constexpr const char* namespaces = "the sandbox gives no namespaces";
constexpr const char* others = "no process here may debug another";
constexpr const char* keys = "the sandbox gives no keyrings";
constexpr const char* inner = "this part of the kernel is closed to the sandbox";
constexpr const char* modules = "the sandbox loads no kernel code";
constexpr const char* machine = "the machine is not the sandbox's to administer";
constexpr const char* clock = "the sandbox sets no clock";
constexpr const char* host_name = "the sandbox's host name is fixed";

struct Told {
    int call;  // below 0: this architecture has none
    const char* name;
    const char* why;
};

constexpr Told all_told[] = {
    {SCMP_SYS(mount), "mount", mounts},
    {SCMP_SYS(umount2), "umount2", mounts},
    {SCMP_SYS(move_mount), "move_mount", mounts},
    {SCMP_SYS(open_tree), "open_tree", mounts},
    {SCMP_SYS(fsopen), "fsopen", mounts},
    {SCMP_SYS(fsconfig), "fsconfig", mounts},
    {SCMP_SYS(fsmount), "fsmount", mounts},
    {SCMP_SYS(fspick), "fspick", mounts},
    {SCMP_SYS(mount_setattr), "mount_setattr", mounts},
    {call_open_tree_attr, "open_tree_attr", mounts},
    {SCMP_SYS(pivot_root), "pivot_root", root},
    {SCMP_SYS(chroot), "chroot", root},
    {SCMP_SYS(unshare), "unshare", namespaces},
    {SCMP_SYS(setns), "setns", namespaces},
    {SCMP_SYS(clone), "clone", namespaces},
    {SCMP_SYS(ptrace), "ptrace", others},
    {SCMP_SYS(process_vm_readv), "process_vm_readv", others},
    {SCMP_SYS(process_vm_writev), "process_vm_writev", others},
    {SCMP_SYS(pidfd_getfd), "pidfd_getfd", others},
    {SCMP_SYS(keyctl), "keyctl", keys},
    {SCMP_SYS(add_key), "add_key", keys},
    {SCMP_SYS(request_key), "request_key", keys},
    {SCMP_SYS(perf_event_open), "perf_event_open", inner},
    {SCMP_SYS(userfaultfd), "userfaultfd", inner},
    {SCMP_SYS(fanotify_init), "fanotify_init", inner},
    {SCMP_SYS(open_by_handle_at), "open_by_handle_at", inner},
    {SCMP_SYS(modify_ldt), "modify_ldt", inner},
    {SCMP_SYS(iopl), "iopl", inner},
    {SCMP_SYS(ioperm), "ioperm", inner},
    {SCMP_SYS(syslog), "syslog", inner},
    {SCMP_SYS(bpf), "bpf", modules},
    {SCMP_SYS(init_module), "init_module", modules},
    {SCMP_SYS(finit_module), "finit_module", modules},
    {SCMP_SYS(delete_module), "delete_module", modules},
    {SCMP_SYS(kexec_load), "kexec_load", modules},
    {SCMP_SYS(kexec_file_load), "kexec_file_load", modules},
    {SCMP_SYS(reboot), "reboot", machine},
    {SCMP_SYS(swapon), "swapon", machine},
    {SCMP_SYS(swapoff), "swapoff", machine},
    {SCMP_SYS(quotactl), "quotactl", machine},
    {call_quotactl_fd, "quotactl_fd", machine},
    {SCMP_SYS(acct), "acct", machine},
    {SCMP_SYS(settimeofday), "settimeofday", clock},
    {SCMP_SYS(clock_settime), "clock_settime", clock},
    {SCMP_SYS(clock_adjtime), "clock_adjtime", clock},
    {SCMP_SYS(adjtimex), "adjtimex", clock},
    {SCMP_SYS(sethostname), "sethostname", host_name},
    {SCMP_SYS(setdomainname), "setdomainname", host_name},
    {SCMP_SYS(socket), "socket", "the sandbox has local, TCP, UDP and routing sockets only"},
};

const Told* find(int call) {
    const auto found = std::ranges::find(all_told, call, &Told::call);
    return call < 0 || found == std::end(all_told) ? nullptr : found;
}

}  // namespace

bool is_told(int call) {
    return find(call) != nullptr;
}

int errno_of_told(const seccomp_data& call) {
    if (call.nr != SCMP_SYS(socket)) return EPERM;
    const auto family = static_cast<std::uint32_t>(call.args[0]);
    if (family == AF_NETLINK) return EPERM;
    if (family != AF_INET && family != AF_INET6) return EAFNOSUPPORT;
    const auto type = call.args[1] & 0xf;
    return type == SOCK_STREAM || type == SOCK_DGRAM ? EPROTONOSUPPORT : EPERM;
}

std::string line_of_told(int call, std::string_view program) {
    const Told* told = find(call);
    if (told == nullptr) return "";
    return fmt::format("blocked {}(2) by {}: {}", told->name, printable(program), told->why);
}

}  // namespace heddle::sandbox
