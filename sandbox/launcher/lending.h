// sandbox/launcher/lending.h: Folders that the caller puts something into, and that go when it wants or has ended.
#pragma once

#include <poll.h>

#include <list>
#include <vector>

#include "sandbox/channel.h"
#include "sandbox/launcher/guest.h"

namespace heddle::sandbox {

class Lending {
 public:
    // Answers to the one descriptor of a request which guests there are, or with a folder, or why there is none.
    static void tell_kind(const Message& request, Ground& ground);
    void lend(const Message& request, Ground& ground);

    // One entry each, at the end of `fds`; to be given back, as poll() filled them, from the first on.
    void watch(std::vector<pollfd>& fds) const;
    void look_after(const pollfd* first);  // removes what is no longer held

 private:
    struct Lent {
        GuestFolder folder;
        Fd hold;  // its other end is the caller's
    };
    std::list<Lent> lent_;  // removed with this
};

}  // namespace heddle::sandbox
