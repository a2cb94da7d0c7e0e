// tools/web/reader/html.cpp: One walk over the tree, without recursion: pages nest as deep as they like.
#include "tools/web/reader/html.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "tools/clip.h"
#include "tools/web/reader/html_tree.h"
#include "tools/web/reader/text_writer.h"

namespace heddle::tools::web {

namespace {

constexpr std::size_t title_bytes_max = 300;
constexpr std::size_t list_depth_max = 20;  // of indentation

constexpr std::array unseen = {GUMBO_TAG_SCRIPT, GUMBO_TAG_STYLE,    GUMBO_TAG_NOSCRIPT, GUMBO_TAG_TEMPLATE,
                               GUMBO_TAG_SVG,    GUMBO_TAG_IFRAME,   GUMBO_TAG_OBJECT,   GUMBO_TAG_CANVAS,
                               GUMBO_TAG_AUDIO,  GUMBO_TAG_VIDEO,    GUMBO_TAG_SELECT,   GUMBO_TAG_TEXTAREA,
                               GUMBO_TAG_HEAD,   GUMBO_TAG_NOFRAMES, GUMBO_TAG_DATALIST, GUMBO_TAG_ANNOTATION_XML};
constexpr std::array lines = {
    GUMBO_TAG_ADDRESS, GUMBO_TAG_ARTICLE, GUMBO_TAG_ASIDE,   GUMBO_TAG_BODY,   GUMBO_TAG_CAPTION,  GUMBO_TAG_CENTER,
    GUMBO_TAG_DD,      GUMBO_TAG_DETAILS, GUMBO_TAG_DIV,     GUMBO_TAG_DT,     GUMBO_TAG_FIELDSET, GUMBO_TAG_FIGCAPTION,
    GUMBO_TAG_FOOTER,  GUMBO_TAG_FORM,    GUMBO_TAG_HEADER,  GUMBO_TAG_LEGEND, GUMBO_TAG_LI,       GUMBO_TAG_MAIN,
    GUMBO_TAG_NAV,     GUMBO_TAG_SECTION, GUMBO_TAG_SUMMARY, GUMBO_TAG_TR};
constexpr std::array paragraphs = {GUMBO_TAG_BLOCKQUOTE, GUMBO_TAG_DL,  GUMBO_TAG_FIGURE, GUMBO_TAG_H1, GUMBO_TAG_H2,
                                   GUMBO_TAG_H3,         GUMBO_TAG_H4,  GUMBO_TAG_H5,     GUMBO_TAG_H6, GUMBO_TAG_HR,
                                   GUMBO_TAG_P,          GUMBO_TAG_PRE, GUMBO_TAG_TABLE};

template <std::size_t n>
bool is_in(const std::array<GumboTag, n>& tags, GumboTag tag) {
    return std::ranges::find(tags, tag) != tags.end();
}

const char* attribute(const GumboNode* node, const char* name) {
    const GumboAttribute* found = gumbo_get_attribute(&node->v.element.attributes, name);
    return found == nullptr ? nullptr : found->value;
}

// What its author hides from readers, he may show to models alone.
bool is_hidden(const GumboNode* node) {
    if (attribute(node, "hidden") != nullptr) return true;
    const char* style = attribute(node, "style");
    if (style == nullptr) return false;
    std::string plain;
    for (const char* at = style; *at != '\0'; ++at) {
        if (*at != ' ') plain += static_cast<char>(*at | 0x20);  // lower case where it matters
    }
    return plain.find("display:none") != std::string::npos || plain.find("visibility:hidden") != std::string::npos;
}

bool is_element(const GumboNode* node) {
    return node->type == GUMBO_NODE_ELEMENT;
}

const GumboVector* children_of(const GumboNode* node) {
    if (node->type == GUMBO_NODE_DOCUMENT) return &node->v.document.children;
    return is_element(node) ? &node->v.element.children : nullptr;
}

// Calls enter(node) on the way down and leave(node) on the way up. Where enter says no, neither the children nor the
// node's leave follow.
template <class Enter, class Leave>
void walk(const GumboNode* root, Enter enter, Leave leave) {
    const GumboNode* node = root;
    for (bool down = true;;) {
        const bool entered = down && enter(node);
        const GumboVector* children = entered ? children_of(node) : nullptr;
        if (children != nullptr && children->length > 0) {
            node = static_cast<const GumboNode*>(children->data[0]);
            continue;
        }
        if (entered || !down) leave(node);
        if (node == root) return;
        const GumboVector* siblings = children_of(node->parent);
        const std::size_t next = node->index_within_parent + 1;
        down = next < siblings->length;
        node = down ? static_cast<const GumboNode*>(siblings->data[next]) : node->parent;
    }
}

// A table is one of data unless it has a single column or another table in it: then it only places things.
bool is_data(const GumboNode* table) {
    bool nested = false;
    std::size_t rows = 0, cells = 0;
    walk(
        table,
        [&](const GumboNode* node) {
            if (nested || !is_element(node)) return false;
            const GumboTag tag = node->v.element.tag;
            nested = nested || (tag == GUMBO_TAG_TABLE && node != table);
            if (tag == GUMBO_TAG_TR) ++rows;
            if (rows == 1 && (tag == GUMBO_TAG_TD || tag == GUMBO_TAG_TH)) ++cells;
            return !nested;
        },
        [](const GumboNode*) {});
    return !nested && cells > 1;
}

class Reader {
 public:
    explicit Reader(const std::string& url) : writer_(url) {}

    Document read(const GumboNode* root) {
        walk(
            root, [this](const GumboNode* node) { return enter(node); },
            [this](const GumboNode* node) {
                if (is_element(node)) leave(node, node->v.element.tag);
            });
        return writer_.finish();
    }

 private:
    struct Table {
        bool is_data;
        std::size_t rows = 0, cells = 0;
    };

    bool enter(const GumboNode* node) {
        if (node->type == GUMBO_NODE_TEXT || node->type == GUMBO_NODE_WHITESPACE || node->type == GUMBO_NODE_CDATA) {
            pre_ > 0 ? writer_.verbatim(node->v.text.text) : writer_.text(node->v.text.text);
            return false;
        }
        if (node->type == GUMBO_NODE_DOCUMENT) return true;
        if (!is_element(node) || is_in(unseen, node->v.element.tag) || is_hidden(node)) return false;
        enter_element(node, node->v.element.tag);
        return true;
    }

    void enter_element(const GumboNode* node, GumboTag tag) {
        if (is_in(lines, tag)) writer_.begin_line();
        if (is_in(paragraphs, tag)) writer_.begin_paragraph();
        if (tag >= GUMBO_TAG_H1 && tag <= GUMBO_TAG_H6) {
            writer_.mark(std::string(static_cast<std::size_t>(tag - GUMBO_TAG_H1) + 1, '#') + " ");
        }
        switch (tag) {
            case GUMBO_TAG_A:
                begin_link(node);
                break;
            case GUMBO_TAG_BR:
                pre_ > 0 ? writer_.verbatim("\n") : writer_.begin_line();
                break;
            case GUMBO_TAG_HR:
                writer_.text("---");
                break;
            case GUMBO_TAG_IMG:
                if (const char* alt = attribute(node, "alt"); alt != nullptr && *alt != '\0')
                    writer_.text(fmt::format("[Image: {}]", alt));
                break;
            case GUMBO_TAG_PRE:
                if (pre_++ == 0) writer_.mark("```\n");
                break;
            case GUMBO_TAG_UL:
            case GUMBO_TAG_OL:
                lists_.empty() ? writer_.begin_paragraph() : writer_.begin_line();
                lists_.push_back(tag == GUMBO_TAG_OL ? 1 : 0);
                break;
            case GUMBO_TAG_LI:
                begin_item();
                break;
            default:
                enter_table_part(node, tag);
        }
    }

    void begin_link(const GumboNode* node) {
        const char* target = attribute(node, "href");
        if (target == nullptr || link_ != nullptr) return;
        link_ = node;
        writer_.begin_link(target);
    }

    void begin_item() {
        const std::size_t depth = std::clamp<std::size_t>(lists_.size(), 1, list_depth_max);
        const std::string indent(2 * depth, ' ');
        const bool numbered = !lists_.empty() && lists_.back() > 0;
        writer_.mark(numbered ? fmt::format("{}{}. ", indent, lists_.back()++) : indent + "* ");
    }

    void enter_table_part(const GumboNode* node, GumboTag tag) {
        if (tag == GUMBO_TAG_TABLE) tables_.push_back({is_data(node)});
        if (tables_.empty()) return;
        Table& table = tables_.back();
        if (tag == GUMBO_TAG_TR) table.cells = 0;
        if (tag != GUMBO_TAG_TD && tag != GUMBO_TAG_TH) return;
        table.is_data ? writer_.begin_cell(table.cells == 0) : writer_.begin_line();
        ++table.cells;
    }

    void leave(const GumboNode* node, GumboTag tag) {
        if (node == link_) {
            writer_.end_link();
            link_ = nullptr;
        }
        if (tag == GUMBO_TAG_PRE && --pre_ == 0) {
            writer_.begin_line();
            writer_.text("```");
        }
        if ((tag == GUMBO_TAG_UL || tag == GUMBO_TAG_OL) && !lists_.empty()) {
            lists_.pop_back();
            lists_.empty() ? writer_.begin_paragraph() : writer_.begin_line();
        }
        if (!tables_.empty()) leave_table_part(tag);
        if (is_in(lines, tag)) writer_.begin_line();
        if (is_in(paragraphs, tag)) writer_.begin_paragraph();
    }

    void leave_table_part(GumboTag tag) {
        Table& table = tables_.back();
        if ((tag == GUMBO_TAG_TD || tag == GUMBO_TAG_TH) && table.is_data) writer_.end_cell();
        if (tag == GUMBO_TAG_TR && table.is_data && table.rows++ == 0) {
            writer_.begin_line();
            std::string rule = "---";
            for (std::size_t i = 1; i < table.cells; ++i) rule += "|---";
            writer_.text(rule);
        }
        if (tag == GUMBO_TAG_TABLE) tables_.pop_back();
    }

    TextWriter writer_;
    std::vector<Table> tables_;
    std::vector<int> lists_;           // the next number of each list that is open; 0: it has none
    const GumboNode* link_ = nullptr;  // the outermost one that is open
    int pre_ = 0;
};

std::string title_of(const GumboNode* root) {
    std::string title;
    bool inside = false, found = false;
    walk(
        root,
        [&](const GumboNode* node) {
            if (node->type == GUMBO_NODE_TEXT && inside) title += node->v.text.text;
            if (!is_element(node)) return node->type == GUMBO_NODE_DOCUMENT;
            const GumboTag tag = node->v.element.tag;
            inside = !found && tag == GUMBO_TAG_TITLE;
            return inside || tag == GUMBO_TAG_HTML || tag == GUMBO_TAG_HEAD;
        },
        [&](const GumboNode* node) {
            if (is_element(node) && node->v.element.tag == GUMBO_TAG_TITLE) found = true;
            inside = false;
        });
    return title;
}

std::string first_heading(std::string_view text) {
    const std::size_t at = text.starts_with("# ") ? 0 : text.find("\n# ");
    if (at == std::string_view::npos) return "";
    text.remove_prefix(text.find('#', at) + 2);
    return std::string(text.substr(0, text.find('\n')));
}

Document without_tags(std::string_view html, const std::string& url) {
    TextWriter writer(url);
    while (!html.empty()) {
        const std::size_t open = std::min(html.find('<'), html.size());
        writer.text(html.substr(0, open));
        const std::size_t close = html.find('>', open);
        if (close == std::string_view::npos) break;
        writer.text(" ");
        html.remove_prefix(close + 1);
    }
    return writer.finish();
}

}  // namespace

Document read_html(std::string_view utf8, const std::string& url) {
    const HtmlTree tree(utf8);
    if (tree.root() == nullptr) return without_tags(utf8, url);
    // The root is <html>: what stands in its head is not seen, but for the title.
    Document document = Reader(url).read(tree.root());
    TextWriter title("");
    title.text(title_of(tree.root()));
    document.title = one_line(title.finish().text, title_bytes_max);
    if (document.title.empty()) document.title = without_links(first_heading(document.text));
    return document;
}

}  // namespace heddle::tools::web
