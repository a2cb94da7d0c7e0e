// tools/web/reader_wire.cpp: Each kind of message field by field, with the bounds that its reader holds it to.
#include "tools/web/reader_wire.h"

#include <algorithm>

#include "sandbox/message_bytes.h"
#include "tools/clip.h"
#include "tools/error.h"
#include "tools/web/url.h"

namespace heddle::tools::web {

namespace {

constexpr std::string_view fetch_mark = "HDR1f", sources_mark = "HDR1s", fetched_mark = "HDR1F",
                           documents_mark = "HDR1D";
constexpr std::size_t text_bytes_most = 32 << 20;  // of a document; the reader leaves off well before
constexpr std::size_t title_bytes_max = 1'000, links_max = 5'000, headers_max = 20;
constexpr std::uint64_t overhead = 64 << 10;  // of an answer: its lengths, its URL, its type
constexpr std::uint64_t milliseconds_max = 1ull << 40;

using Writer = sandbox::MessageWriter;

struct Cut : sandbox::MessageReader {
    Cut(std::string_view mark, std::string_view bytes) : MessageReader(mark, bytes, refuse) {}
    static void refuse(const char* why) { throw Error(std::string("what the reader said makes no sense: ") + why); }
};

bool is_link(std::string_view url) {
    const bool has_scheme = url.starts_with("http://") || url.starts_with("https://") || url.starts_with("file://");
    return has_scheme && std::ranges::none_of(url, [](unsigned char c) { return c <= ' ' || c == 0x7f; });
}

Document document_of(Cut& cut) {
    Document document;
    document.title = one_line(cut.view(title_bytes_max), title_bytes_max);
    document.text = readable(cut.view(text_bytes_most));
    document.links.resize(cut.count(links_max));
    for (auto& link : document.links) {
        link = cut.text(url_bytes_max);
        if (!is_link(link)) link.clear();
    }
    return document;
}

}  // namespace

std::string encode(const FetchOrder& order) {
    Writer out(fetch_mark);
    out.text(order.url);
    out.number(order.headers.size());
    for (const auto& [name, value] : order.headers) {
        out.text(name);
        out.text(value);
    }
    out.number(order.bytes_max);
    out.number(order.unpacked_bytes_max);
    out.number(static_cast<std::uint64_t>(order.time.count()));
    out.number(static_cast<std::uint64_t>(order.redirects_max));
    return out.take();
}

std::string encode(const std::vector<Source>& sources) {
    Writer out(sources_mark);
    out.number(sources.size());
    for (const auto& source : sources) {
        for (const auto* text : {&source.bytes, &source.name, &source.type, &source.url}) out.text(*text);
        out.number(source.as_source ? 1 : 0);
    }
    return out.take();
}

std::string encode(const Fetched& fetched) {
    Writer out(fetched_mark);
    out.number(static_cast<std::uint64_t>(fetched.end));
    out.number(fetched.status);
    for (const auto* text : {&fetched.url, &fetched.type, &fetched.detail, &fetched.bytes}) out.text(*text);
    return out.take();
}

std::string encode(const std::vector<std::optional<Document>>& documents) {
    Writer out(documents_mark);
    out.number(documents.size());
    for (const auto& document : documents) {
        out.number(document ? 1 : 0);
        if (!document) continue;
        out.text(document->title);
        out.text(document->text);
        out.number(document->links.size());
        for (const auto& link : document->links) out.text(link);
    }
    return out.take();
}

std::uint64_t answer_max_of(const FetchOrder& order) {
    return order.unpacked_bytes_max + overhead;
}

std::optional<FetchOrder> decode_fetch(std::string_view bytes) {
    if (bytes.starts_with(sources_mark)) return std::nullopt;
    Cut cut(fetch_mark, bytes);
    FetchOrder order;
    order.url = cut.text(url_bytes_max);
    order.headers.resize(cut.count(headers_max));
    for (auto& [name, value] : order.headers) {
        name = cut.text();
        value = cut.text();
    }
    order.bytes_max = cut.number();
    order.unpacked_bytes_max = cut.number();
    order.time = std::chrono::milliseconds(cut.number(milliseconds_max));
    order.redirects_max = static_cast<int>(cut.number(1'000));
    cut.end();
    return order;
}

std::vector<Source> decode_sources(std::string_view bytes) {
    Cut cut(sources_mark, bytes);
    std::vector<Source> sources(cut.count());
    for (auto& source : sources) {
        for (auto* text : {&source.bytes, &source.name, &source.type, &source.url}) *text = cut.text();
        source.as_source = cut.number(1) == 1;
    }
    cut.end();
    return sources;
}

Fetched decode_fetched(std::string_view bytes) {
    Cut cut(fetched_mark, bytes);
    Fetched fetched;
    fetched.end = static_cast<FetchEnd>(cut.number(fetch_end_last));
    fetched.status = cut.number(999);
    for (auto* text : {&fetched.url, &fetched.type, &fetched.detail}) *text = cut.text(url_bytes_max);
    fetched.bytes = cut.text();
    cut.end();
    return fetched;
}

std::vector<std::optional<Document>> decode_documents(std::string_view bytes, std::size_t count) {
    Cut cut(documents_mark, bytes);
    if (cut.count() != count) throw Error("the reader said something of other documents than it was given");
    std::vector<std::optional<Document>> documents(count);
    for (auto& document : documents) {
        if (cut.number(1) == 1) document = document_of(cut);
    }
    cut.end();
    return documents;
}

}  // namespace heddle::tools::web
