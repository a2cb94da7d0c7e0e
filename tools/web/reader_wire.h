// tools/web/reader_wire.h: What the program that reads for us is told, and what it answers, as bytes and back.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/web/page.h"

namespace heddle::tools::web {

inline constexpr std::size_t document_bytes_max = 8 << 20;  // of a file, and of what a compressed one holds

// One page to be fetched. What is past a bound is given up at once.
struct FetchOrder {
    std::string url;
    std::vector<std::pair<std::string, std::string>> headers = {};  // of the first request, not of one it leads to
    std::uint64_t bytes_max = 10 << 20;                             // as they come: a long book with its markup
    std::uint64_t unpacked_bytes_max = 20 << 20;                    // a bomb is told from a page by then
    std::chrono::milliseconds time{20'000};                         // for all of it
    int redirects_max = 5;                                          // a chain of more leads nowhere

    bool operator==(const FetchOrder&) const = default;
};

enum class FetchEnd : std::uint8_t {
    done,
    refused,      // by the proxy
    not_reached,  // the proxy reached nobody, or the connection broke
    not_trusted,  // no TLS, or a certificate of somebody else
    timed_out,
    too_large,
    unpacks_too_large,
    head_too_large,
    too_many_redirects,
    in_a_circle,
    downgraded,       // from https to http
    leads_elsewhere,  // to what is no page
    wrong_type,       // detail: the type, and the size where it was said
    status,           // of an error
    malformed,        // no HTTP, or an answer that is cut off
};
inline constexpr auto fetch_end_last = static_cast<std::uint64_t>(FetchEnd::malformed);

struct Fetched {
    FetchEnd end = FetchEnd::malformed;
    std::string url;           // where it was at the end
    std::string type;          // "text/html; charset=utf-8", as the server has it
    std::string bytes;         // done: the page, unpacked
    std::uint64_t status = 0;  // of HTTP, once there is one
    std::string detail;        // any bytes

    bool operator==(const Fetched&) const = default;
};

// Bytes that are to become a document.
struct Source {
    std::string bytes;
    std::string name;        // of a file: its ending says what it is, where `type` does not
    std::string type;        // as Fetched::type; may be empty
    std::string url;         // where it stands: its links are meant from there
    bool as_source = false;  // as text, whatever it is

    bool operator==(const Source&) const = default;
};

std::string encode(const FetchOrder& order);
std::string encode(const std::vector<Source>& sources);
std::string encode(const Fetched& fetched);
std::string encode(const std::vector<std::optional<Document>>& documents);  // none: no text

// What an answer may be at the most. That of many documents may be more than that, and then they are asked for one by
// one.
inline constexpr std::uint64_t documents_answer_max = 64 << 20;
std::uint64_t answer_max_of(const FetchOrder& order);

// An order, whichever it is. Throw Error: bytes that are no whole message of this kind.
std::optional<FetchOrder> decode_fetch(std::string_view bytes);  // none: it is one to parse
std::vector<Source> decode_sources(std::string_view bytes);

// Answers come from a program that may have become a page's. Throw Error for what no honest one says: another number of
// documents than `count`, lengths that do not add up, more than there may be. Texts are made readable, and links that
// are neither of the web nor of local documents become empty.
Fetched decode_fetched(std::string_view bytes);
std::vector<std::optional<Document>> decode_documents(std::string_view bytes, std::size_t count);

}  // namespace heddle::tools::web
