// prompts/tag.cpp: One tag of a call block, read leniently; what was odd about it is named.
#include "prompts/tag.h"

#include <algorithm>
#include <string_view>

namespace heddle::prompts {

namespace {

constexpr std::size_t tag_symbols_max = 2000;

struct KnownName {
    std::u16string_view text;
    Tag::Name name;
};
constexpr KnownName known_names[] = {{u"function_calls", Tag::Name::calls},
                                     {u"tool_calls", Tag::Name::calls},
                                     {u"invoke", Tag::Name::invoke},
                                     {u"parameter", Tag::Name::parameter}};

bool is_name_symbol(char16_t c) {
    return (c >= u'a' && c <= u'z') || (c >= u'A' && c <= u'Z') || (c >= u'0' && c <= u'9') || c == u'_' || c == u'-';
}

std::string lower(std::string text) {
    for (char& c : text) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return text;
}

// Reads one tag from `text`, whose first symbol is "<".
class TagReader {
 public:
    TagReader(SymbolsView text, const Alphabet& alphabet) : text_(text), alphabet_(alphabet) {}

    std::optional<Tag> read() {
        if (!take(u'<')) return {};
        tag_.closing = take(u'/');
        tag_.marked = take(symbol::dsml);
        if (tag_.marked && skip_blanks()) odd("blanks after the DSML marker");
        if (!read_name()) return {};
        if (tag_.closing || tag_.name == Tag::Name::calls) {
            read_plain_end();
        } else if (!read_strict_attributes()) {
            odd("a malformed start tag");
            read_lenient_attributes();
        }
        tag_.end = at_;
        return tag_;
    }

 private:
    char16_t peek() const { return at_ < text_.size() ? text_[at_] : u'\0'; }
    void odd(const char* what) { tag_.oddities.emplace_back(what); }

    void unended() {
        odd("a tag without its >");
        tag_.unended = true;
    }

    bool take(char16_t c) {
        if (at_ >= text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }

    bool skip_blanks() {
        const std::size_t before = at_;
        while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
        return at_ > before;
    }

    bool read_name() {
        for (const auto& known : known_names) {
            if (text_.substr(at_, known.text.size()) != known.text) continue;
            const std::size_t after = at_ + known.text.size();
            if (after < text_.size() && is_name_symbol(text_[after])) return false;
            tag_.name = known.name;
            if (known.text == u"tool_calls") odd("tool_calls in place of function_calls");
            at_ = after;
            return true;
        }
        return false;
    }

    void read_plain_end() {
        if (take(u'>')) return;
        const std::size_t before = at_;
        skip_blanks();
        if (take(u'>')) {
            odd("blanks before the end of a tag");
            return;
        }
        at_ = before;
        unended();
    }

    // The format itself: names are not escaped, so that the first end that fits is the end. False: not the format.
    bool read_strict_attributes() {
        constexpr SymbolsView before_name = u" name=\"";
        if (!text_.substr(at_).starts_with(before_name)) return false;
        const std::size_t begin = at_ + before_name.size();
        const bool invoke = tag_.name == Tag::Name::invoke;
        for (std::size_t end = begin; end < text_.size(); ++end) {
            const char16_t c = text_[end];
            if (c == u'\n' || c == symbol::dsml || (!tag_.marked && c == u'<')) return false;
            if (c != u'"') continue;
            const SymbolsView rest = text_.substr(end);
            if (invoke) {
                if (rest.starts_with(u"\">")) return finish_strict(begin, end, 2, Tag::Flag::missing);
                if (rest.size() > 1 && is_blank(rest[1])) return false;  // an attribute too many, or a blank
                continue;
            }
            if (rest.starts_with(u"\" string=\"true\">")) return finish_strict(begin, end, 16, Tag::Flag::yes);
            if (rest.starts_with(u"\" string=\"false\">")) return finish_strict(begin, end, 17, Tag::Flag::no);
        }
        return false;
    }

    bool finish_strict(std::size_t begin, std::size_t end, std::size_t tail, Tag::Flag flag) {
        tag_.label = alphabet_.spelled(text_.substr(begin, end - begin));
        tag_.flag = flag;
        at_ = end + tail;
        return true;
    }

    // Anything like key="value" key='value' key=value, up to ">" or to what cannot belong to the tag.
    void read_lenient_attributes() {
        while (at_ < text_.size()) {
            const std::size_t before = at_;
            skip_blanks();
            if (take(u'>')) return;
            if (text_.substr(at_).starts_with(u"/>")) {
                at_ += 2;
                tag_.self_closed = true;
                return;
            }
            std::string key;
            while (is_name_symbol(peek())) key += static_cast<char>(text_[at_++]);
            skip_blanks();
            if (!take(u'=')) {
                at_ = before;
                break;
            }
            skip_blanks();
            const std::string value = read_value();
            if (key.empty() || key == "name") {
                tag_.label = value;
            } else if (lower(key) == "string") {
                read_flag(lower(value));
            }
        }
        unended();
    }

    std::string read_value() {
        const char16_t quote = peek() == u'"' || peek() == u'\'' ? text_[at_++] : u'\0';
        std::string value;
        while (at_ < text_.size() && !is_control(text_[at_]) && text_[at_] != u'\n' && text_[at_] != u'>') {
            const char16_t c = text_[at_];
            if (quote ? c == quote : is_blank(c)) break;
            value += static_cast<char>(c);
            ++at_;
        }
        if (quote) take(quote);
        return value;
    }

    void read_flag(const std::string& value) {
        if (value == "true") tag_.flag = Tag::Flag::yes;
        if (value == "false") tag_.flag = Tag::Flag::no;
    }

    SymbolsView text_;
    const Alphabet& alphabet_;
    std::size_t at_ = 0;
    Tag tag_;
};

}  // namespace

std::optional<Tag> tag_at(SymbolsView text, std::size_t at, const Alphabet& alphabet) {
    const SymbolsView window = text.substr(at, tag_symbols_max);
    auto tag = TagReader(window, alphabet).read();
    if (!tag || (tag->end == window.size() && at + window.size() < text.size())) return {};
    tag->begin = at;
    tag->end += at;
    return tag;
}

bool starts_closing_tag(SymbolsView text) {
    if (!text.starts_with(u"</") || text.size() < 3) return false;
    const bool marked = text[2] == symbol::dsml;
    const SymbolsView rest = text.substr(marked ? 3 : 2);
    return marked && std::any_of(std::begin(known_names), std::end(known_names), [rest](const KnownName& known) {
               return (std::u16string(known.text) + u">").starts_with(rest);
           });
}

}  // namespace heddle::prompts
