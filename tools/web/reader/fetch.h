// tools/web/reader/fetch.h: One page by its URL, through the proxy of the guest that this runs in.
#pragma once

#include <string>

#include "tools/web/reader_wire.h"

namespace heddle::tools::web {

// GET, and where it leads, within the order's bounds: each redirect is a connection of its own, by name, that the proxy
// decides about anew. Never from https to http, and to nothing but those.
Fetched fetch(const FetchOrder& order);

struct Hop {
    std::string url;
    FetchEnd end = FetchEnd::done;  // else why it is not followed
};

// Where an answer from `url` redirects to by its header.
Hop next_hop(const std::string& url, const std::string& location);

}  // namespace heddle::tools::web
