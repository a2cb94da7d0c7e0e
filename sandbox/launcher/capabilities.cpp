// sandbox/launcher/capabilities.cpp: capset, prctl, and a look at what the kernel says afterwards.
#include "sandbox/launcher/capabilities.h"

#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "sandbox/launcher/setup_error.h"

namespace heddle::sandbox {

bool has_capability(int capability) {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {};
    if (::syscall(SYS_capget, &header, sets) != 0) return false;
    return (sets[CAP_TO_INDEX(capability)].effective & CAP_TO_MASK(capability)) != 0;
}

void close_capability_sources() {
    // The kernel refuses to tell of the first that it does not know.
    for (int capability = 0; ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability)
        check(::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0), Step::capabilities, "empty the bounding set");
    check(::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0), Step::capabilities, "empty the ambient set");
    const unsigned long bits = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |
                               SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE |
                               SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;
    check(::prctl(PR_SET_SECUREBITS, bits, 0, 0, 0), Step::capabilities, "lock the securebits");
    for (int capability = 0, left = 0; left >= 0; ++capability) {
        left = ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0);
        if (left == 1) throw SetupError(Step::capabilities, "get rid of the bounding set", EPERM);
    }
}

void drop_capabilities() {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {};
    check(static_cast<int>(::syscall(SYS_capset, &header, sets)), Step::capabilities, "drop the capabilities");

    check(static_cast<int>(::syscall(SYS_capget, &header, sets)), Step::capabilities, "read the capabilities back");
    for (const auto& set : sets)
        if ((set.effective | set.permitted | set.inheritable) != 0)
            throw SetupError(Step::capabilities, "get rid of every capability", EPERM);
}

}  // namespace heddle::sandbox
