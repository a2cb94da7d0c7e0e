// sandbox/wire.h: What crosses between this process, the launcher and a keeper, as bytes and back.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/cover.h"
#include "sandbox/enforcement.h"
#include "sandbox/outcome.h"
#include "sandbox/policy.h"
#include "sandbox/share.h"

namespace heddle::sandbox {

inline constexpr std::size_t request_bytes_max = 16u << 20;  // execve itself takes at most about 6 MiB

// Beside guests a launcher is asked which there are, and for a folder (sandbox/lent_folder.h); each request brings the
// socket that is answered to.
inline constexpr std::string_view kind_request = "kind", folder_request = "folder";

// A guest to be opened: from this process to the launcher. Its commands come later, over the guest's own socket.
// Of the policy cross the workspace, the modes, the tier, what is required and the limits; the rest comes as what it
// means on this machine.
struct Opening {
    Policy policy;
    std::filesystem::path workspace_source;  // on the host; another than where it appears: a private copy
    std::vector<Share> shares;
    std::vector<Cover> covers;
    bool goes_on = false;  // after its first command: a session
};

// One command: from this process to a guest's keeper. Standard input crosses as a descriptor, so Command::input is not
// part of it.
struct Order {
    Command command;
    bool is_last = false;  // the guest ends with it
};

// What to do with the changes in a workspace that is copied on write: from this process to a session's keeper, which
// answers over the socket that comes with it.
struct Rewind {
    enum class Kind : std::uint8_t { keep, go_back };
    Kind kind = Kind::keep;
    unsigned snapshot = 0;      // its number, from 1 on; go_back: to 0 goes who wants the start
    std::vector<Cover> covers;  // go_back: those of the workspace
};

// Who holds the memory limit of a guest.
enum class MemoryKeeper : std::uint8_t { polled, cgroup1, cgroup2 };

// What a guest's socket says, in this order: started (unless the setup fails at once), listeners (from the keeper,
// where there is a proxy; its descriptors are what make_listeners() made), view (its descriptors are a /proc with the
// guest, its list of segments and, where changes are kept apart, the workspace as it sees it, and of an overlay the
// changes) or failed, ended (once no process runs any more but the keeper, from that; again from the launcher, when
// that is gone, too). And a command's: terminal (where it has one; its descriptor), begun (unless the guest ends with
// it), blocked as often as there is something new to tell, then finished or failed, from the keeper. And a rewind's:
// rewound (of one that goes back its descriptors are the workspace and the changes from now on) or failed (with the
// workspace, if it stays).
struct Note {
    enum class Kind : std::uint8_t {
        started,
        listeners,
        view,
        terminal,
        begun,
        blocked,
        finished,
        rewound,
        failed,
        ended,
        guest_kind,  // answers kind_request
        folder,      // answers folder_request; its descriptors are the folder, locked, and what the caller holds it by
    };
    Kind kind = Kind::ended;
    MemoryKeeper memory = MemoryKeeper::polled;  // started
    int process = 0;                             // begun: its number inside, and that of its session; guest_kind: the
                                                 // owner of a copy, or 0
    int wait_status = 0;                         // finished: of the command, as from waitpid
    Limit met = Limit::none;                     // finished, if it failed
    std::chrono::microseconds cpu{0};            // finished: of the command alone; ended: of all
    std::uint64_t peak_bytes = 0;                // ended: of the cgroup, or of the largest process
    bool out_of_memory = false;                  // ended: the kernel killed in the guest's cgroup
    std::string text;         // failed: which step, why, what to do; finished: the limit met; blocked: a line; folder
    Enforcement enforcement;  // view: what holds the guest; guest_kind: its tier
    int tree = 0;             // view: the guest is all below this process of its /proc; 0: all there
};

std::string encode(const Opening& opening);
std::string encode(const Order& order);
std::string encode(const Rewind& rewind);
std::string encode(const Note& note);

// Hostile bytes end in an Error, never in a request that means something else: counts and lengths are held against what
// is there, numbers against their range, and nothing may be left over.
Opening decode_opening(std::string_view bytes);
Order decode_order(std::string_view bytes);
Rewind decode_rewind(std::string_view bytes);
Note decode_note(std::string_view bytes);

}  // namespace heddle::sandbox
