// tests/fuzz/reader_fuzz.cpp: Any bytes as what the reader is told or answers, and as a URL: an Error, or something
// whole.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tools/clip.h"
#include "tools/error.h"
#include "tools/web/reader/fetch.h"
#include "tools/web/reader/media_type.h"
#include "tools/web/url.h"

using namespace heddle::tools;
using namespace heddle::tools::web;

namespace {

void demand(bool holds) {
    if (!holds) std::abort();
}

template <typename Work>
void unless_refused(Work work) {
    try {
        work();
    } catch (const Error&) {
        // As nearly all bytes are.
    }
}

void read_documents(std::string_view bytes, std::size_t count) {
    for (const auto& document : decode_documents(bytes, count)) {
        if (!document) continue;
        demand(readable(document->text) == document->text && one_line(document->title, 10'000) == document->title);
        for (const auto& link : document->links)
            demand(link.empty() || link.starts_with("http") || link.starts_with("file://"));
    }
}

void read_url(std::string_view bytes) {
    const auto address = web_address_in(bytes);
    if (!address) return;
    const auto again = web_address_in(address->text());
    demand(again && again->text() == address->text() && again->host == address->host && again->port == address->port);
    const Hop hop = next_hop(address->text(), std::string(bytes));
    demand(hop.end != FetchEnd::done || hop.url.starts_with("http"));
    demand(!address->is_secure || hop.end != FetchEnd::done || hop.url.starts_with("https:"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    unless_refused([&] {
        if (const auto order = decode_fetch(bytes)) demand(encode(*order) == bytes);
    });
    unless_refused([&] { demand(encode(decode_sources(bytes)) == bytes); });
    unless_refused([&] { demand(encode(decode_fetched(bytes)) == bytes); });
    for (std::size_t count = 0; count < 4; ++count) unless_refused([&] { read_documents(bytes, count); });
    read_url(bytes);
    host_of(std::string(bytes));
    media_type_of(bytes);
    return 0;
}
