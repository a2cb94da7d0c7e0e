// sandbox/launcher/seen_of_host.h: What of the host a guest may see: one list for all tiers.
#pragma once

#include <unistd.h>

#include <string>

namespace heddle::sandbox {

// Whether it is there at all: of what follows, each machine has its part.
inline bool exists(const std::string& path) {
    return ::access(path.c_str(), F_OK) == 0;
}

// The few parts of /etc that programs need and that hold no secret.
inline constexpr const char* etc_files[] = {
    "ld.so.cache",     "ld.so.conf", "localtime",  "timezone", "services",    "protocols",
    "debian_version",  "os-release", "mime.types", "magic",    "shells",      "inputrc",
    "ssl/openssl.cnf", "ethertypes", "rpc",        "networks", "locale.alias"};
inline constexpr const char* etc_folders[] = {"alternatives", "ssl/certs", "fonts", "perl"};

// Beside /usr; links into it on most machines.
inline constexpr const char* system_links[] = {"bin", "sbin", "lib", "lib32", "lib64", "libx32"};

inline constexpr const char* devices[] = {"null", "zero", "full", "random", "urandom", "tty"};

// Of the guest's own /proc: what is only for the administrator, and what tells about the host.
inline constexpr const char* proc_read_only[] = {"sys", "irq", "bus", "fs", "sysrq-trigger"};
inline constexpr const char* proc_masked[] = {"kcore", "kallsyms",   "keys",        "key-users",
                                              "kmsg",  "timer_list", "sched_debug", "latency_stats"};
inline constexpr const char* proc_emptied[] = {"acpi", "scsi"};

}  // namespace heddle::sandbox
