// sandbox/launcher/landlock.cpp: The rights by ABI, and a ruleset over the guest's own view.
#include "sandbox/launcher/landlock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "sandbox/fd.h"
#include "sandbox/launcher/setup_error.h"

namespace heddle::sandbox {

namespace {

// The header of Debian 12 ends at ABI 2, so the rest of the kernel's contract is spelled here.
struct Ruleset {
    std::uint64_t files = 0, network = 0, scopes = 0;
};
struct __attribute__((packed)) FolderRule {
    std::uint64_t rights;
    std::int32_t folder;
};
constexpr unsigned int version_flag = 1;
constexpr int folder_rule = 1;

constexpr std::uint64_t execute = 1 << 0, write_file = 1 << 1, read_file = 1 << 2, read_dir = 1 << 3;
constexpr std::uint64_t abi1_files = (1 << 13) - 1, refer = 1 << 13, truncate = 1 << 14, device_ioctl = 1 << 15;
constexpr std::uint64_t connect_path = 1 << 16;  // to a socket that was made outside
constexpr std::uint64_t abstract_sockets = 1 << 0, signals = 1 << 1, bind_and_connect_tcp = 3;

// Whether files or devices, all that a kernel of this ABI can hold a process to.
Ruleset everything(int abi, bool no_tcp) {
    Ruleset all{abi1_files, 0, 0};
    if (abi >= 2) all.files |= refer;
    if (abi >= 3) all.files |= truncate;
    if (abi >= 5) all.files |= device_ioctl;
    if (abi >= 9) all.files |= connect_path;
    if (abi >= 4 && no_tcp) all.network = bind_and_connect_tcp;
    if (abi >= landlock_abi_with_scopes) all.scopes = abstract_sockets | signals;
    return all;
}

std::size_t ruleset_size(int abi) {
    return abi >= 6 ? 24 : abi >= 4 ? 16 : 8;
}

void allow(const Fd& ruleset, const std::string& path, std::uint64_t rights) {
    constexpr std::uint64_t rights_of_files = execute | write_file | read_file | truncate | device_ioctl | connect_path;
    const Fd place(::open(path.c_str(), O_PATH | O_CLOEXEC));
    struct stat found {};
    if (!place || ::fstat(place.get(), &found) != 0) throw SetupError(Step::landlock, "open " + path, errno);
    if (!S_ISDIR(found.st_mode)) rights &= rights_of_files;
    const FolderRule rule{rights, place.get()};
    check(static_cast<int>(::syscall(SYS_landlock_add_rule, ruleset.get(), folder_rule, &rule, 0)), Step::landlock,
          "add a rule");
}

}  // namespace

int landlock_abi() {
    const long abi = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, version_flag);
    return abi > 0 ? static_cast<int>(abi) : 0;
}

void apply_landlock(const LandlockRules& rules) {
    const int abi = check(static_cast<int>(::syscall(SYS_landlock_create_ruleset, nullptr, 0, version_flag)),
                          Step::landlock, "ask for the Landlock version");
    const Ruleset all = everything(abi, rules.no_tcp);
    const Fd ruleset(check(static_cast<int>(::syscall(SYS_landlock_create_ruleset, &all, ruleset_size(abi), 0)),
                           Step::landlock, "make a ruleset"));
    for (const auto& path : rules.readable) allow(ruleset, path, execute | read_file | read_dir);
    for (const auto& path : rules.devices)
        allow(ruleset, path, (read_file | write_file | truncate | device_ioctl) & all.files);
    for (const auto& path : rules.writable) allow(ruleset, path, all.files & ~connect_path);
    if ((all.files & connect_path) != 0)
        for (const auto& path : rules.sockets) allow(ruleset, path, connect_path);
    check(static_cast<int>(::syscall(SYS_landlock_restrict_self, ruleset.get(), 0)), Step::landlock, "restrict itself");
}

}  // namespace heddle::sandbox
