// tools/web/reader/markdown.cpp: cmark-gfm makes HTML of it, tables included.
#include "tools/web/reader/markdown.h"

#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm.h>

#include <cstdlib>
#include <memory>

#include "tools/web/reader/html.h"

namespace heddle::tools::web {

namespace {

struct Free {
    void operator()(cmark_parser* parser) const { cmark_parser_free(parser); }
    void operator()(cmark_node* node) const { cmark_node_free(node); }
    void operator()(char* text) const { std::free(text); }
};

}  // namespace

Document read_markdown(std::string_view utf8, const std::string& url) {
    static const bool registered = [] {
        cmark_gfm_core_extensions_ensure_registered();
        return true;
    }();
    constexpr int options = CMARK_OPT_UNSAFE;  // HTML within it is read as HTML; nothing of it runs here
    const std::unique_ptr<cmark_parser, Free> parser(cmark_parser_new(options));
    if (registered) cmark_parser_attach_syntax_extension(parser.get(), cmark_find_syntax_extension("table"));
    cmark_parser_feed(parser.get(), utf8.data(), utf8.size());
    const std::unique_ptr<cmark_node, Free> root(cmark_parser_finish(parser.get()));
    const std::unique_ptr<char, Free> html(
        cmark_render_html(root.get(), options, cmark_parser_get_syntax_extensions(parser.get())));
    return read_html(html.get(), url);
}

}  // namespace heddle::tools::web
