// sandbox/launcher/etc_files.cpp: A few files as they are, and a few lines on who the guest is.
#include "sandbox/launcher/etc_files.h"

#include <fcntl.h>
#include <fmt/core.h>

#include "sandbox/launcher/seen_of_host.h"
#include "sandbox/text_file.h"
#include "sandbox/workspace.h"

namespace heddle::sandbox {

namespace {

// Who answers for names: nobody, the proxy, or whom the host asks.
std::string resolver_of(NetworkMode network) {
    switch (network) {
        case NetworkMode::off:
            return "";
        case NetworkMode::proxy:
            return "nameserver 127.0.0.1\noptions timeout:2 attempts:1\n";
        case NetworkMode::host:
            return read_text_at(AT_FDCWD, "/etc/resolv.conf");
    }
    return "";
}

}  // namespace

EtcFiles read_etc_files() {
    EtcFiles files;
    for (const char* name : etc_files)
        if (std::string content = read_text_at(AT_FDCWD, std::string("/etc/") + name); !content.empty())
            files[name] = std::move(content);
    return files;
}

EtcFiles etc_of_guest(NetworkMode network, unsigned uid, unsigned gid) {
    EtcFiles files;
    files["passwd"] = fmt::format(
        "root:x:0:0:root:/:/usr/sbin/nologin\nguest:x:{}:{}:guest:{}:/bin/bash\n"
        "nobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n",
        uid, gid, guest_home);
    files["group"] = fmt::format("root:x:0:\nguest:x:{}:\nnogroup:x:65534:\n", gid);
    files["hosts"] = "127.0.0.1 localhost heddle\n::1 localhost\n";
    files["hostname"] = "heddle\n";
    files["resolv.conf"] = resolver_of(network);
    files["nsswitch.conf"] = fmt::format("passwd: files\ngroup: files\nhosts: {}\nservices: files\nprotocols: files\n",
                                         network == NetworkMode::off ? "files" : "files dns");
    return files;
}

}  // namespace heddle::sandbox
