// tools/web/fetch_words.cpp: A sentence an ending; figures are Heddle's, and what a server says is quoted.
#include "tools/web/fetch_words.h"

#include <fmt/format.h>

#include <algorithm>

#include "sandbox/net/host.h"
#include "tools/clip.h"

namespace heddle::tools::web {

namespace {

constexpr std::size_t cited_bytes_max = 300;

std::string cited(std::string_view text) {
    return one_line(text, cited_bytes_max);
}

std::string megabytes(std::uint64_t bytes) {
    return fmt::format("{} MB", bytes >> 20);
}

// What the proxy wrote down last of what failed; null if all went well with it.
const sandbox::NetEvent* failure_in(const Visit& visit) {
    const auto found = std::find_if(visit.network.rbegin(), visit.network.rend(),
                                    [](const auto& event) { return !event.allowed || !event.reason.empty(); });
    return found == visit.network.rend() ? nullptr : &*found;
}

std::string words_of(const sandbox::NetEvent& event, const WebAddress& asked, const sandbox::NetRules& rules) {
    const std::string target = sandbox::with_port(event.host, event.port);
    const std::string leads = event.host == asked.host && event.port == asked.port
                                  ? ""
                                  : fmt::format("it redirects to {}, and ", cited(target));
    if (event.allowed) return fmt::format("{}{} was {}", leads, cited(target), cited(event.reason));
    const auto decision = sandbox::decide(rules, event.host, event.port);
    if (!decision.allowed) return leads + decision.words;
    return fmt::format("{}{} {}: pages are fetched from public addresses only", leads, cited(target),
                       cited(event.reason));
}

std::string type_words(const Fetched& fetched) {
    std::string what = cited(fetched.type.empty() ? "binary data" : fetched.type);
    if (!fetched.detail.empty()) what += ", " + cited(fetched.detail);
    return fmt::format("it is {}; only text can be read: HTML, Markdown, plain text, JSON, XML", what);
}

}  // namespace

std::string words_of(const Visit& visit, const FetchOrder& order, const WebAddress& asked,
                     const sandbox::NetRules& rules) {
    const Fetched& fetched = visit.fetched;
    switch (fetched.end) {
        case FetchEnd::done:
            return "";
        case FetchEnd::refused:
        case FetchEnd::not_reached:
        case FetchEnd::not_trusted:
            if (const auto* event = failure_in(visit)) return words_of(*event, asked, rules);
            if (fetched.end == FetchEnd::not_trusted)
                return "no connection that can be trusted: " + cited(fetched.detail);
            return "the connection broke: " + cited(fetched.detail);
        case FetchEnd::timed_out:
            return fmt::format("it had not come whole after {} s", order.time.count() / 1000);
        case FetchEnd::too_large:
            return fmt::format("it is larger than {}{}", megabytes(order.bytes_max),
                               fetched.detail.empty() ? "" : " (" + cited(fetched.detail) + ")");
        case FetchEnd::unpacks_too_large:
            return fmt::format("it unpacks to more than {}", megabytes(order.unpacked_bytes_max));
        case FetchEnd::head_too_large:
            return "the server sends headers without end";
        case FetchEnd::too_many_redirects:
            return fmt::format("it redirects more than {} times, the last time to {}", order.redirects_max,
                               cited(fetched.detail));
        case FetchEnd::in_a_circle:
            return "its redirects lead in a circle";
        case FetchEnd::downgraded:
            return "it redirects from https to " + cited(fetched.detail) + ", which anybody could have changed";
        case FetchEnd::leads_elsewhere:
            return "it redirects to " + cited(fetched.detail) + ", which is no page of the web";
        case FetchEnd::wrong_type:
            return type_words(fetched);
        case FetchEnd::status:
            return fmt::format("the server answers with status {}", fetched.status);
        case FetchEnd::malformed:
            return "what the server sends is no whole answer of HTTP: " + cited(fetched.detail);
    }
    return "";
}

}  // namespace heddle::tools::web
