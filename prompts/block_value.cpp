// prompts/block_value.cpp: Where the value of a parameter ends: raw text, so only a tag that cannot be text ends it.
#include <algorithm>

#include "prompts/block_parser.h"

namespace heddle::prompts {

namespace {

// Takes one unmarked closing tag and the blanks before it off the end; false, and nothing taken, when there is none.
bool take_closer(SymbolsView& text, SymbolsView closer) {
    SymbolsView rest = text;
    while (!rest.empty() && is_blank(rest.back())) rest.remove_suffix(1);
    if (!rest.ends_with(closer)) return false;
    rest.remove_suffix(closer.size());
    text = rest;
    return true;
}

// A value whose marked closing tag is missing may end with unmarked ones: those of the value, its call, the block.
bool take_unmarked_closers(SymbolsView& value, bool& closes_invoke) {
    SymbolsView rest = value;
    if (!take_closer(rest, u"</function_calls>")) take_closer(rest, u"</tool_calls>");
    const bool invoke = take_closer(rest, u"</invoke>");
    if (!take_closer(rest, u"</parameter>")) return false;
    value = rest;
    closes_invoke = invoke;
    return true;
}

}  // namespace

BlockParser::Value BlockParser::read_value(const Tag& opener) {
    return opener.marked ? marked_value() : unmarked_value();
}

// The marker makes a tag certain. Another tag than the closing one says that the closing one is missing.
BlockParser::Value BlockParser::marked_value() {
    const std::size_t begin = at_;
    for (auto mark = text_.find(symbol::dsml, begin); mark != text_.npos; mark = text_.find(symbol::dsml, mark + 1)) {
        std::size_t at = mark;
        if (at > begin && text_[at - 1] == u'/') --at;
        if (at == begin || text_[at - 1] != u'<') continue;
        const auto tag = tag_at(text_, --at, alphabet_);
        if (!tag || (!tag->closing && !tag->label)) continue;
        if (!tag->closing || tag->name != Tag::Name::parameter) return open_value(begin, at);
        use(*tag);
        at_ = tag->end;
        return {text_.substr(begin, at - begin)};
    }
    return value_to_the_end();
}

// A value that another tag, or the end of the reply, cut short; it may still end with tags that lack their marker.
BlockParser::Value BlockParser::open_value(std::size_t begin, std::size_t end) {
    Value value{text_.substr(begin, end - begin)};
    const bool newline = value.text.ends_with(u'\n');  // it belongs to the tag that follows
    at_ = newline ? end - 1 : end;
    if (take_unmarked_closers(value.text, value.closes_invoke)) {
        repairs_.add("a tag without its DSML marker");
        return value;
    }
    value.closed = false;
    if (newline) value.text.remove_suffix(1);
    return value;
}

BlockParser::Value BlockParser::unmarked_value() {
    const std::size_t begin = at_;
    for (auto at = text_.find(u'<', begin); at != text_.npos; at = text_.find(u'<', at + 1)) {
        const auto tag = tag_at(text_, at, alphabet_);
        if (!tag || (!tag->closing && !tag->label)) continue;
        const bool closes = tag->closing && tag->name == Tag::Name::parameter;
        if (!tag->marked && !(closes && confirms_end(tag->end))) continue;
        if (!closes) return open_value(begin, at);
        use(*tag);
        at_ = tag->end;
        return {text_.substr(begin, at - begin)};
    }
    return value_to_the_end();
}

// Whether what stands at `at` can follow a value: a parameter, or the end of the call, of the block, of the reply.
bool BlockParser::confirms_end(std::size_t at) const {
    while (at < text_.size() && is_blank(text_[at])) ++at;
    if (at == text_.size()) return true;
    const auto tag = tag_at(text_, at, alphabet_);
    if (!tag) return false;
    return tag->closing ? tag->name != Tag::Name::parameter : tag->name == Tag::Name::parameter && tag->label;
}

BlockParser::Value BlockParser::value_to_the_end() {
    const std::size_t begin = at_;
    at_ = text_.size();
    Value value{text_.substr(begin)};
    value.at_end = true;
    SymbolsView rest = value.text;
    // Cut off right behind text that looks like a closing tag, the value may yet go on.
    if (take_unmarked_closers(rest, value.closes_invoke) && (value.closes_invoke || ended_)) {
        repairs_.add("a tag without its DSML marker");
        value.text = rest;
        return value;
    }
    value.closes_invoke = value.closed = false;
    const auto mark = rest.rfind(symbol::dsml);
    if (mark != rest.npos && mark >= 2 && starts_closing_tag(rest.substr(mark - 2))) {
        value.text.remove_suffix(rest.size() - (mark - 2));
        value.partly_closed = true;
    }
    return value;
}

}  // namespace heddle::prompts
