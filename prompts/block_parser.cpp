// prompts/block_parser.cpp: A whole call block to calls; mends what is clear, drops what is not, names both.
//
// Outside a value a tag may lack its DSML marker. Inside a value only tags with the marker count, since a value is raw
// text that may hold any markup; where no tag of the reply has one, a value ends at the first closing tag that what
// follows confirms.
#include "prompts/block_parser.h"

#include <fmt/core.h>

#include <algorithm>

#include "prompts/error.h"
#include "prompts/json_text.h"

namespace heddle::prompts {

namespace {

constexpr std::size_t name_bytes_max = 60;  // of a name that a model made up, in a repair

bool all_blank(SymbolsView text) {
    return std::all_of(text.begin(), text.end(), is_blank);
}

SymbolsView without_blank_ends(SymbolsView text) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

char16_t first_in(SymbolsView text) {
    const auto found = std::find_if_not(text.begin(), text.end(), is_blank);
    return found == text.end() ? u'\0' : *found;
}

std::string shown(const std::string& name) {
    return json_text(name.size() <= name_bytes_max ? name : name.substr(0, name_bytes_max) + "...");
}

std::optional<Json> as_json(const std::string& text) {
    try {
        return parse_json(text);
    } catch (const Error&) {
        return {};
    }
}

}  // namespace

struct BlockParser::Invoke {
    std::string where;  // "call 1 (name)", for the repairs
    ToolCall call;
    int parameters = 0;
    bool body = false;    // a JSON object took the place of parameters
    bool closed = false;  // its closing tag was taken with a value
};

BlockParser::BlockParser(SymbolsView text, bool ended, const Alphabet& alphabet, Repairs& repairs)
    : text_(text),
      ended_(ended),
      any_marked_(text.find(symbol::dsml) != SymbolsView::npos),
      alphabet_(alphabet),
      repairs_(repairs) {}

std::vector<ToolCall> BlockParser::calls() {
    while (const auto tag = next_tag(false)) {
        pass_gap(*tag);
        if (!outside_call(*tag)) return std::move(calls_);
    }
    const SymbolsView rest = text_.substr(at_);
    if (closed_ && !all_blank(rest)) {
        broken("text after the calls, ignored");
    } else if (!closed_ && starts_closing_tag(without_blank_ends(rest))) {
        broken("the last closing tag is not whole");
    } else if (!all_blank(rest)) {
        broken("text among the calls, ignored");
    }
    if (wrapped_ && !closed_) broken("the call block is not closed");
    if (wrapped_ && invokes_ == 0) broken("a call block without calls");
    return std::move(calls_);
}

std::optional<Tag> BlockParser::next_tag(bool marked_only) const {
    for (std::size_t at = text_.find(u'<', at_); at != SymbolsView::npos; at = text_.find(u'<', at + 1)) {
        auto tag = tag_at(text_, at, alphabet_);
        if (tag && (tag->marked || !marked_only)) return tag;
    }
    return {};
}

// A start tag that may go on: its name may be half a name, and where a value would begin is not known.
bool BlockParser::is_cut_off(const Tag& tag) const {
    return tag.unended && (tag.name == Tag::Name::parameter || tag.end == text_.size());
}

void BlockParser::use(const Tag& tag) {
    for (const auto& oddity : tag.oddities) repairs_.add(oddity);
    if (!tag.marked) repairs_.add("a tag without its DSML marker");
}

void BlockParser::broken(const std::string& what) {
    repairs_.add(what);
    whole_ = false;
}

// Between two tags of the format stands one newline, or two where a call has no parameters.
void BlockParser::pass_gap(const Tag& tag) {
    const SymbolsView gap = text_.substr(at_, tag.begin - at_);
    if (!all_blank(gap)) {
        broken(closed_ ? "text after the calls, ignored" : "text among the calls, ignored");
    } else if (gap != u"\n" && at_ > 0) {
        repairs_.add("unusual blanks between tags");
    }
}

bool BlockParser::outside_call(const Tag& tag) {
    const bool after_text = !all_blank(text_.substr(at_, tag.begin - at_));
    if (closed_ && after_text) return false;  // what follows may answer results that the model made up
    at_ = tag.end;
    use(tag);
    switch (tag.name) {
        case Tag::Name::calls:
            if (tag.closing) {
                if (!wrapped_) repairs_.add("a closing tag of a call block that was not opened");
                closed_ = true;
            } else {
                if (wrapped_) repairs_.add("more than one call block");
                wrapped_ = true;
                closed_ = false;
            }
            break;
        case Tag::Name::invoke:
            if (tag.closing) {
                broken("a closing tag of no call");
                break;
            }
            if (!wrapped_) repairs_.add("calls without a block around them");
            if (closed_) repairs_.add("a call after the end of its block");
            read_invoke(tag);
            break;
        case Tag::Name::parameter:
            broken("a parameter outside a call, ignored");
            if (!tag.closing && !tag.self_closed) read_value(tag);
            break;
    }
    return true;
}

void BlockParser::read_invoke(const Tag& tag) {
    Invoke invoke;
    ++invokes_;
    invoke.call.name = tag.label.value_or("");
    invoke.where = fmt::format("call {} ({})", invokes_, shown(invoke.call.name));
    bool good = tag.self_closed || read_body(invoke);
    if (good && is_cut_off(tag)) {
        broken(fmt::format("{}: cut off; the call is dropped", invoke.where));
        good = false;
    }
    if (good && !tag.label) {
        broken(fmt::format("call {} has no name and is dropped", invokes_));
        good = false;
    }
    if (!good) return;
    unwrap(invoke);
    invoke.call.id = fmt::format("call_{}", calls_.size());
    calls_.push_back(std::move(invoke.call));
}

// Models sometimes put all arguments as one object into a parameter of this name.
void BlockParser::unwrap(Invoke& invoke) {
    if (invoke.parameters != 1 || invoke.call.arguments.size() != 1) return;
    const auto only = invoke.call.arguments.begin();
    const std::string name = only.key();
    if (name != "arguments" && name != "input") return;
    std::optional<Json> inner;
    if (only.value().is_object()) {
        inner.emplace(only.value());
    } else if (name == "arguments" && only.value().is_string()) {
        inner = as_json(only.value().get_ref<const std::string&>());
    }
    if (!inner || !inner->is_object()) return;
    repairs_.add(fmt::format("{}: the arguments were wrapped in a parameter {}", invoke.where, shown(name)));
    invoke.call.arguments = std::move(*inner);
}

// From after the start tag to the end of the call. False: the call is dropped, and that is named.
bool BlockParser::read_body(Invoke& invoke) {
    bool good = true;
    while (!invoke.closed) {
        const auto tag = next_tag(any_marked_ && first_in(text_.substr(at_)) == u'{');
        if (!tag) return good && at_cut_off(invoke);
        const SymbolsView gap = text_.substr(at_, tag->begin - at_);
        const bool ends = tag->name != Tag::Name::parameter;
        if (all_blank(gap)) {
            const bool empty = ends && invoke.parameters == 0 && !invoke.body;
            if (gap != (empty ? u"\n\n" : u"\n")) repairs_.add("unusual blanks between tags");
        } else if (!read_bare_object(invoke, gap)) {
            broken(fmt::format("{}: text between its tags; the call is dropped", invoke.where));
            good = false;
        }
        if (ends) {
            if (tag->name == Tag::Name::invoke && tag->closing) {
                use(*tag);
                at_ = tag->end;
            } else {
                broken(fmt::format("{}: its closing tag is missing", invoke.where));
                if (!all_blank(gap)) at_ = tag->begin;
            }
            return good;
        }
        at_ = tag->end;
        use(*tag);
        if (tag->closing) {
            broken("a closing tag of no parameter");
        } else {
            good = read_parameter(invoke, *tag) && good;
        }
    }
    return good;
}

bool BlockParser::read_bare_object(Invoke& invoke, SymbolsView text) {
    if (invoke.parameters > 0 || invoke.body) return false;
    auto object = as_json(alphabet_.spelled(text));
    if (!object || !object->is_object()) return false;
    repairs_.add(fmt::format("{}: a JSON object in place of parameters", invoke.where));
    invoke.call.arguments = std::move(*object);
    invoke.body = true;
    return true;
}

// The reply ended between the tags of a call.
bool BlockParser::at_cut_off(Invoke& invoke) {
    const SymbolsView rest = without_blank_ends(text_.substr(at_));
    at_ = text_.size();
    const bool closing = starts_closing_tag(rest);
    const bool complete = rest.empty() || closing || read_bare_object(invoke, rest);
    const bool has_arguments = invoke.parameters > 0 || invoke.body;
    if (!complete || !(has_arguments || closing || ended_)) {
        broken(fmt::format("{}: cut off; the call is dropped", invoke.where));
        return false;
    }
    broken(fmt::format("{}: its closing tag is missing", invoke.where));
    return true;
}

bool BlockParser::read_parameter(Invoke& invoke, const Tag& tag) {
    const Value value = tag.self_closed ? Value{} : read_value(tag);
    const std::string where = fmt::format("{}, parameter {}", invoke.where, shown(tag.label.value_or("")));
    if (is_cut_off(tag) || (value.at_end && !value.closed && !ended_ && !value.partly_closed)) {
        broken(fmt::format("{}: cut off; the call is dropped", where));
        return false;
    }
    if (!value.closed) broken(fmt::format("{}: its closing tag is missing", where));
    invoke.closed = value.closes_invoke;
    ++invoke.parameters;
    if (!tag.label) {
        broken(fmt::format("{}: a parameter without a name; the call is dropped", invoke.where));
        return false;
    }
    return add_value(invoke, tag, value);
}

bool BlockParser::add_value(Invoke& invoke, const Tag& tag, const Value& value) {
    const std::string& name = *tag.label;
    const std::string where = fmt::format("{}, parameter {}", invoke.where, shown(name));
    const std::string text = alphabet_.spelled(value.text);
    Json json = text;
    if (tag.flag == Tag::Flag::missing) repairs_.add(where + ": not said whether it is a string; taken as one");
    if (tag.flag == Tag::Flag::no) {
        auto parsed = as_json(text);
        if (!parsed && value.at_end && !value.closed) {
            broken(where + ": cut off; the call is dropped");
            return false;
        }
        if (!parsed) repairs_.add(where + ": not JSON, kept as a string");
        if (parsed) json = std::move(*parsed);
    }
    if (name.empty()) repairs_.add(fmt::format("{}: a parameter with an empty name", invoke.where));
    if (invoke.body) {
        broken(fmt::format("{}: parameters beside a JSON object; the call is dropped", invoke.where));
        return false;
    }
    if (invoke.call.arguments.contains(name)) repairs_.add(where + ": given more than once; the last one holds");
    invoke.call.arguments[name] = std::move(json);
    return true;
}

}  // namespace heddle::prompts
