// tests/fuzz/document_fuzz.cpp: Any bytes as a document of any kind: text without control marks of ours, and its page.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tools/clip.h"
#include "tools/web/browser.h"
#include "tools/web/reader/document.h"
#include "tools/web/result_page.h"
#include "tools/web/url.h"

using namespace heddle::tools::web;

namespace {

void demand(bool holds) {
    if (!holds) std::abort();
}

std::size_t count(std::string_view text, std::string_view what) {
    std::size_t found = 0;
    for (std::size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1)) ++found;
    return found;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string bytes(reinterpret_cast<const char*>(data), size);
    for (const char* const name : {"page.html", "notes.md", "man1/x.1", "text", "x.1.gz"}) {
        const std::string url = local_url("docs", name);
        const auto document = read_document({bytes, name, {}, url});
        if (!document) continue;
        demand(count(document->text, "【") == document->links.size());
        demand(count(document->text, "】") == document->links.size());
        for (const auto& link : document->links) demand(link.starts_with("http") || local_url_in(link) == link);
        const auto page = std::make_shared<const Page>(page_of(url, *document));
        const std::string view = view_of(*page, 0, 0, -1, {});
        demand(heddle::tools::readable(view) == view);
        if (const auto found = find_page(page, "a")) demand(!found->lines.empty() && !found->links.empty());
    }
    if (const auto once = local_url_in("file://" + bytes)) demand(local_url_in(*once) == once);
    return 0;
}
