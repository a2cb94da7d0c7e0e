// sandbox/launcher/landlock.h: What a guest may open: the second lock behind the mounts, the first where there are
// none.
#pragma once

#include <string>
#include <vector>

namespace heddle::sandbox {

// The newest Landlock ABI of the running kernel, or 0.
int landlock_abi();

// The first that holds signals and abstract sockets, and so the first on which rules alone can hold a guest.
inline constexpr int landlock_abi_with_scopes = 6;

struct LandlockRules {
    std::vector<std::string> readable;      // and executable; files or folders with all below, as in the other lists
    std::vector<std::string> devices;       // readable and writable
    std::vector<std::string> writable;      // all that a folder allows
    std::vector<std::string> sockets = {};  // of others, that may be connected to; from Linux 7.1 on no other may
    bool no_tcp = false;                    // no port may be bound or connected to
};

// Confines the calling thread for good: it opens nothing else, and neither its signals nor its abstract sockets, nor,
// where the kernel knows how, those in files reach out. Needs no_new_privs. Throws SetupError.
void apply_landlock(const LandlockRules& rules);

}  // namespace heddle::sandbox
