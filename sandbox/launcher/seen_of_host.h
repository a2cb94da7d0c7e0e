// sandbox/launcher/seen_of_host.h: What of the host a guest may see: one list for the view and for the rules without
// one.
#pragma once

namespace heddle::sandbox {

// The few parts of /etc that programs need and that hold no secret.
inline constexpr const char* etc_files[] = {
    "ld.so.cache",     "ld.so.conf", "localtime",  "timezone", "services",    "protocols",
    "debian_version",  "os-release", "mime.types", "magic",    "shells",      "inputrc",
    "ssl/openssl.cnf", "ethertypes", "rpc",        "networks", "locale.alias"};
inline constexpr const char* etc_folders[] = {"alternatives", "ssl/certs", "fonts", "perl"};

// Beside /usr; links into it on most machines.
inline constexpr const char* system_links[] = {"bin", "sbin", "lib", "lib32", "lib64", "libx32"};

inline constexpr const char* devices[] = {"null", "zero", "full", "random", "urandom", "tty"};

}  // namespace heddle::sandbox
