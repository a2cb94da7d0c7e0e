// sandbox/launcher/call_watch.h: Answers the refused calls that the kernel hands up, and tells each once.
#pragma once

#include <poll.h>

#include <list>
#include <string>
#include <vector>

#include "sandbox/fd.h"

namespace heddle::sandbox {

// For the guest's PID 1, beside its other work: at most one call of each command is answered at a look, so that a flood
// of them holds up nobody but those who make it. A listener stays until nobody is left under its filter: without one
// the kernel answers what is handed up with another errno.
class CallWatch {
 public:
    // `door` brings the listener of a command; `notes` is where its supervisor hears.
    void add(Fd door, Fd notes);

    // One entry a command, and what poll() said of it. Throws Error.
    void watch(std::vector<pollfd>& fds) const;
    void obey(const pollfd* fds);

 private:
    struct Watched {
        Fd door, listener;
        Fd notes;
        int looks = 0;
        std::vector<std::string> told;
    };
    static bool take_listener(Watched& watched);
    static void answer(Watched& watched);
    static void tell_once(Watched& watched, int call, unsigned process);

    std::list<Watched> all_;
};

}  // namespace heddle::sandbox
