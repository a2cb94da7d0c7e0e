// sandbox/launcher/listeners.h: Sockets made inside a guest's network, for a proxy that answers outside of it.
#pragma once

#include <vector>

#include "sandbox/fd.h"

namespace heddle::sandbox {

// Listening on the guest's own 127.0.0.1, in this order: HTTP proxy (TCP 3128), SOCKS5 (TCP 1080), names (UDP 53, TCP
// 53). Whoever holds one accepts in his own network what the guest connects in its own. Throws SetupError.
std::vector<Fd> make_listeners();

}  // namespace heddle::sandbox
