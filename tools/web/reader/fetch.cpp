// tools/web/reader/fetch.cpp: curl speaks HTTP and TLS; when to stop is decided here.
#include "tools/web/reader/fetch.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <set>
#include <string_view>

#include "sandbox/net/environment.h"
#include "tools/clip.h"
#include "tools/web/reader/charset.h"
#include "tools/web/reader/link.h"
#include "tools/web/reader/media_type.h"

namespace heddle::tools::web {

namespace {

using std::chrono::steady_clock;

constexpr std::size_t head_bytes_max = 256 << 10;  // browsers take about as much
constexpr long forbidden_by_proxy = 403;

struct Free {
    void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

// One request and its answer. What curl calls back may say that it is enough: `stopped`.
struct Exchange {
    const FetchOrder& order;
    CURL* curl;
    std::string location;  // of the answer's head
    std::size_t head_bytes = 0;
    bool is_packed = false, is_vague = false, has_begun = false;
    std::string bytes = {};
    FetchEnd stopped = FetchEnd::done;

    std::size_t stop(FetchEnd why) {
        stopped = why;
        return 0;
    }
    std::size_t take_head(std::string_view line);
    std::size_t take(std::string_view part);
    bool begin();
};

std::size_t Exchange::take_head(std::string_view line) {
    head_bytes += line.size();
    if (head_bytes > head_bytes_max) return stop(FetchEnd::head_too_large);
    if (line.starts_with("HTTP/")) location.clear();  // what came before it was on the way
    const std::size_t colon = std::min(line.find(':'), line.size());
    const std::string name = lower_case(line.substr(0, colon));
    std::string_view value = colon < line.size() ? line.substr(colon + 1) : "";
    while (value.ends_with('\n') || value.ends_with('\r')) value.remove_suffix(1);
    if (name == "location") location = trimmed(value);
    if (name == "content-encoding") is_packed = true;
    return line.size();
}

// At the first byte: whether it is worth going on.
bool Exchange::begin() {
    has_begun = true;
    long status = 0;
    const char* type = nullptr;
    curl_off_t size = -1;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
    curl_easy_getinfo(curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &size);
    const MediaType media = media_type_of(type != nullptr ? type : "");
    is_vague = media.is_vague();
    if (status < 200 || status > 299) {
        stop(FetchEnd::status);  // what it says is of no interest
    } else if (!media.is_readable()) {
        stop(FetchEnd::wrong_type);
    } else if (size > 0 && static_cast<std::uint64_t>(size) > order.bytes_max) {
        stop(FetchEnd::too_large);
    }
    return stopped == FetchEnd::done;
}

std::size_t Exchange::take(std::string_view part) {
    if (!has_begun && !begin()) return 0;
    if (bytes.empty() && is_vague && !is_text(part)) return stop(FetchEnd::wrong_type);
    if (bytes.size() + part.size() > order.unpacked_bytes_max)
        return stop(is_packed ? FetchEnd::unpacks_too_large : FetchEnd::too_large);
    bytes += part;
    return part.size();
}

std::size_t on_head(char* data, std::size_t, std::size_t size, void* exchange) {
    return static_cast<Exchange*>(exchange)->take_head({data, size});
}
std::size_t on_bytes(char* data, std::size_t, std::size_t size, void* exchange) {
    return static_cast<Exchange*>(exchange)->take({data, size});
}
// What has come so far, as it came; not 0: give up.
int on_progress(void* exchange, curl_off_t, curl_off_t come, curl_off_t, curl_off_t) {
    auto& of = *static_cast<Exchange*>(exchange);
    if (static_cast<std::uint64_t>(come) <= of.order.bytes_max) return 0;
    of.stop(FetchEnd::too_large);
    return 1;
}

FetchEnd end_of(CURL* curl, CURLcode code) {
    long connected = 0;
    curl_easy_getinfo(curl, CURLINFO_HTTP_CONNECTCODE, &connected);
    if (connected == forbidden_by_proxy) return FetchEnd::refused;
    switch (code) {
        case CURLE_OK:
            return FetchEnd::done;
        case CURLE_OPERATION_TIMEDOUT:
            return FetchEnd::timed_out;
        case CURLE_SSL_CONNECT_ERROR:
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CIPHER:
        case CURLE_SSL_ISSUER_ERROR:
            return FetchEnd::not_trusted;
        case CURLE_UNSUPPORTED_PROTOCOL:
        case CURLE_WEIRD_SERVER_REPLY:
        case CURLE_BAD_CONTENT_ENCODING:
        case CURLE_GOT_NOTHING:
        case CURLE_PARTIAL_FILE:
        case CURLE_WRITE_ERROR:
            return FetchEnd::malformed;
        case CURLE_OUT_OF_MEMORY:  // of a line of the head that is too long
            return FetchEnd::head_too_large;
        default:
            return FetchEnd::not_reached;
    }
}

void set_up(CURL* curl, const std::string& url, Exchange& exchange, std::chrono::milliseconds left) {
    const std::string proxy = sandbox::proxy_environment().at("http_proxy");
    curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_PROXY, proxy.c_str());
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "");  // a guest has no servers of its own worth reading
    // A tunnel for plain HTTP as well: the proxy's refusal cannot be taken for a page then, nor the other way round.
    curl_easy_setopt(curl, CURLOPT_HTTPPROXYTUNNEL, 1L);
    curl_easy_setopt(curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(curl, CURLOPT_HTTP09_ALLOWED, 0L);
    curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "heddle");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(left.count()));
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_head);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &exchange);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &exchange);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &exchange);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
}

struct Answer {
    Fetched fetched;
    std::string location;
};

Answer ask(const FetchOrder& order, const std::string& url, bool is_first, std::chrono::milliseconds left) {
    const std::unique_ptr<CURL, Free> curl(curl_easy_init());
    std::unique_ptr<curl_slist, Free> headers;
    const auto add = [&](const std::string& line) {
        if (curl_slist* longer = curl_slist_append(headers.get(), line.c_str())) {
            (void)headers.release();
            headers.reset(longer);
        }
    };
    if (is_first)
        for (const auto& [name, value] : order.headers) add(name + ": " + value);
    if (!is_first || order.headers.empty()) add("Accept: text/html, text/markdown, text/plain;q=0.9, */*;q=0.5");
    Exchange exchange{order, curl.get(), {}};
    set_up(curl.get(), url, exchange, left);
    curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers.get());
    const CURLcode code = curl_easy_perform(curl.get());
    if (code == CURLE_OK && !exchange.has_begun) exchange.begin();  // there is nothing but a head

    Answer answer{{exchange.stopped, url, {}, {}, 0, {}}, exchange.location};
    Fetched& fetched = answer.fetched;
    if (fetched.end == FetchEnd::done) fetched.end = end_of(curl.get(), code);
    const char* type = nullptr;
    long status = 0;
    curl_off_t size = -1;
    curl_easy_getinfo(curl.get(), CURLINFO_CONTENT_TYPE, &type);
    curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(curl.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &size);
    if (type != nullptr) fetched.type = std::string_view(type).substr(0, 200);
    fetched.status = static_cast<std::uint64_t>(std::clamp(status, 0L, 999L));
    fetched.detail = curl_easy_strerror(code);
    if (fetched.end == FetchEnd::wrong_type || fetched.end == FetchEnd::too_large)
        fetched.detail = size >= 0 ? fmt::format("{} bytes", size) : "";
    if (fetched.end == FetchEnd::done) fetched.bytes = std::move(exchange.bytes);
    return answer;
}

bool is_secure(std::string_view url) {
    return url.starts_with("https:");
}

}  // namespace

Hop next_hop(const std::string& url, const std::string& location) {
    const auto next = resolve(url, location);
    if (!next) return {"", FetchEnd::leads_elsewhere};
    if (is_secure(url) && !is_secure(*next)) return {"", FetchEnd::downgraded};
    return {*next};
}

Fetched fetch(const FetchOrder& order) {
    const auto until = steady_clock::now() + order.time;
    std::string url = order.url;
    std::set<std::string> seen;
    for (int hops = 0;; ++hops) {
        seen.insert(url);
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - steady_clock::now());
        if (left.count() <= 0) return {FetchEnd::timed_out, url, {}, {}, 0, {}};
        Answer answer = ask(order, url, hops == 0, left);
        const bool redirects = answer.fetched.status >= 301 && answer.fetched.status <= 308 &&
                               answer.fetched.status != 304 && !answer.location.empty();
        if (answer.fetched.end != FetchEnd::status || !redirects) return answer.fetched;
        const auto refused = [&](FetchEnd why) {
            return Fetched{why, url, {}, {}, answer.fetched.status, answer.location.substr(0, 1'000)};
        };
        const Hop next = next_hop(url, answer.location);
        if (next.end != FetchEnd::done) return refused(next.end);
        if (seen.contains(next.url)) return refused(FetchEnd::in_a_circle);
        if (hops >= order.redirects_max) return refused(FetchEnd::too_many_redirects);
        url = next.url;
    }
}

}  // namespace heddle::tools::web
