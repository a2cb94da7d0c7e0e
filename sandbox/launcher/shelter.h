// sandbox/launcher/shelter.h: What the commands of a guest live in, made in one of four ways, used in one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sandbox/enforcement.h"
#include "sandbox/fd.h"
#include "sandbox/launcher/landlock.h"
#include "sandbox/launcher/overlay.h"
#include "sandbox/launcher/seccomp.h"

namespace heddle::sandbox {

struct Shelter {
    std::string workspace, home, temporary;  // as commands see them
    bool shows_host = false;                 // what is not its own it is refused, not spared: tools need to be told
    unsigned uid = 0, gid = 0;               // theirs
    bool change_user = false;                // to these; else the keeper is that user already
    bool has_sources = true;    // of capabilities, to be closed; an ordinary user has none that no_new_privs
                                // does not keep shut
    bool keeps_powers = false;  // they keep what capabilities they have
    const SeccompFilter* filter = nullptr;           // none: any call
    std::optional<LandlockRules> rules = {};         // each command puts them on; none: who starts it has
    std::optional<LandlockRules> common_rules = {};  // where it may go back: whoever starts the commands has them on
    bool counts_user = false;  // RLIMIT_NPROC counts all that the user runs on this machine, not the guest's alone
    bool bounds_data = false;  // of each process: where memory is polled, it can be overrun between two looks
    bool bounds_disk = false;  // in sum: what is written to `temporary`, and to a workspace that is kept apart
    bool ends_alone = false;   // no PID 1 takes the commands along: they ask the kernel to be killed with the keeper
    Enforcement held = {};

    std::vector<Fd> kept = {};  // what the rules name by descriptor
    Fd proc = {};               // a /proc that shows the guest, for who watches it
    Fd segments = {};           // its System V segments, as they are at each read; /dev/null where it can have none
    Overlay overlay = {};       // over a workspace that is copied on write
};

}  // namespace heddle::sandbox
