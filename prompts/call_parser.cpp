// prompts/call_parser.cpp: A completion, as it streams in, to reasoning, content and tool calls.
//
// Symbols go one by one through a small machine. In text it holds back whatever may still become the start of a tag:
// up to two newlines, "<", and the names of tags. A call block is held as a whole and read at the end, by BlockParser,
// so that where the stream is cut cannot matter. Two kinds of held text may turn out to be text after all: a block
// within reasoning that is closed later, and one of which every tag lacks its DSML marker.
#include "prompts/call_parser.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "prompts/block_parser.h"
#include "prompts/repairs.h"
#include "prompts/symbols.h"

namespace heddle::prompts {

namespace {

constexpr SymbolsView marked_names[] = {u"function_calls", u"tool_calls", u"invoke", u"parameter"};
constexpr SymbolsView unmarked_starts[] = {u"<function_calls>", u"<tool_calls>", u"<invoke name=\""};

// How many of the bytes of `text` are whole UTF-8 characters, or can never become one.
std::size_t whole_characters(std::string_view text) {
    for (std::size_t back = 1; back <= std::min<std::size_t>(3, text.size()); ++back) {
        const auto byte = static_cast<unsigned char>(text[text.size() - back]);
        if ((byte & 0xc0) == 0x80) continue;
        const std::size_t length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
        return back < length ? text.size() - back : text.size();
    }
    return text.size();
}

}  // namespace

struct CallParser::State {
    enum class Mode {
        reasoning,
        content,
        tag,       // after "<" and the marker, until the name is known
        block,     // a call block, to the end of the reply
        thought,   // a call block within reasoning: calls unless the reasoning is closed later
        unmarked,  // may be a call block without markers
        over
    };

    explicit State(bool thinking) : mode(thinking ? Mode::reasoning : Mode::content), thinking_prompt(thinking) {}

    void take(char16_t c);
    void take_text(char16_t c);
    void take_control(char16_t c);
    void take_unmarked(char16_t c);
    void take_tag_name(char16_t c);
    void take_think_end();
    void open_tag();
    void not_a_tag();
    void end(bool by_model);
    void end_block(bool by_model);
    bool may_become_tag() const;
    std::size_t newlines() const;
    void stray(char16_t c) { repairs.add("a control token in the text, left out: " + alphabet.name_of(c)); }
    void emit(SymbolsView text);
    void release() { emit(std::exchange(held, {})); }
    ParserDelta take_delta();

    Mode mode;
    bool thinking_prompt;
    bool reasoning_open = thinking_prompt;
    Alphabet alphabet;
    Repairs repairs;
    Symbols held;             // not yet certain: the start of a tag, or a block
    std::size_t name_at = 0;  // in mode tag: where the name begins in `held`
    bool plausible = false;   // in mode unmarked: another tag, or an attribute, follows the first tag
    std::string reasoning, content;
    std::size_t reasoning_shown = 0, content_shown = 0;
    bool call_opened = false, call_opened_shown = false;
    std::vector<ToolCall> calls;
    bool finished = false;
};

void CallParser::State::take(char16_t c) {
    if (mode == Mode::over) {
        if (is_control(c) || !is_blank(c)) repairs.add("more after the end token, ignored");
    } else if (c == symbol::end) {
        end(true);
    } else if (mode == Mode::tag) {
        take_tag_name(c);
    } else if (mode == Mode::block || mode == Mode::thought || mode == Mode::unmarked) {
        if (mode == Mode::thought && c == symbol::think_end) return take_think_end();
        held += c;
        if (mode == Mode::unmarked) take_unmarked(c);
    } else if (is_control(c)) {
        take_control(c);
    } else {
        take_text(c);
    }
}

void CallParser::State::emit(SymbolsView text) {
    std::string& out = reasoning_open ? reasoning : content;
    for (const char16_t c : text) {
        if (is_control(c)) {
            stray(c);
        } else {
            out += static_cast<char>(c);
        }
    }
}

void CallParser::State::take_text(char16_t c) {
    held += c;
    while (!may_become_tag()) {
        emit(SymbolsView(held).substr(0, 1));
        held.erase(0, 1);
    }
    const SymbolsView tag = SymbolsView(held).substr(newlines());
    const bool whole =
        std::find(std::begin(unmarked_starts), std::end(unmarked_starts), tag) != std::end(unmarked_starts);
    if (mode != Mode::content || !whole) return;
    mode = Mode::unmarked;
    plausible = tag.starts_with(u"<invoke");
}

std::size_t CallParser::State::newlines() const {
    return std::min(std::min<std::size_t>(2, held.size()), held.find_first_not_of(u'\n'));
}

// Whether `held`, in reasoning or content, is the beginning of what opens a block. Without a marker that is only a
// whole tag where the format puts one: after an empty line, or where the content begins.
bool CallParser::State::may_become_tag() const {
    if (held.empty()) return true;
    const SymbolsView rest = SymbolsView(held).substr(newlines());
    if (rest.empty() || rest == u"<") return true;
    if (mode != Mode::content || (newlines() < 2 && !content.empty())) return false;
    return std::any_of(std::begin(unmarked_starts), std::end(unmarked_starts),
                       [rest](SymbolsView start) { return start.starts_with(rest); });
}

void CallParser::State::take_control(char16_t c) {
    if (c == symbol::dsml && held.ends_with(u'<')) {
        held += c;
        name_at = held.size();
        mode = Mode::tag;
    } else if (c == symbol::think_end && mode == Mode::reasoning) {
        take_think_end();
    } else if (c == symbol::think && mode == Mode::content && !thinking_prompt && reasoning.empty() &&
               std::all_of(held.begin(), held.end(), is_blank) &&
               std::all_of(content.begin(), content.end(), is_blank)) {
        repairs.add("reasoning where the prompt asked for none");
        release();
        mode = Mode::reasoning;
        reasoning_open = true;
    } else {
        release();
        stray(c);
    }
}

void CallParser::State::take_think_end() {
    if (mode == Mode::thought) repairs.add("tool calls inside the reasoning, not run");
    release();
    mode = Mode::content;
    reasoning_open = false;
}

// `held` begins with a tag that lacks its marker and ends with `c`, which may tell what it is.
void CallParser::State::take_unmarked(char16_t c) {
    if (!plausible && !is_blank(c)) {
        plausible = c == u'<';
        if (!plausible) {
            mode = Mode::content;  // a sentence about the tag
            return release();
        }
    }
    if (c != symbol::dsml) return;
    const SymbolsView text = SymbolsView(held).substr(newlines());
    const bool wrapper = !text.starts_with(u"<invoke");
    const bool closing = text.ends_with(Symbols(u"</") + c);
    if (!closing && !text.ends_with(Symbols(u"<") + c)) return;
    const auto last_end = text.rfind(u"</invoke>"), last_begin = text.rfind(u"<invoke name=");
    const bool in_call = last_begin != text.npos && (last_end == text.npos || last_end < last_begin);
    const bool block_closed = text.find(u"</function_calls>") != text.npos || text.find(u"</tool_calls>") != text.npos;
    if (closing || in_call || (wrapper && !block_closed)) {
        mode = Mode::block;  // the marker makes the tags before it certain
        call_opened = true;
        return;
    }
    // An example, in plain text, of what follows for real.
    const std::size_t tag = held.size() - 2;
    const std::size_t blank = tag - std::min<std::size_t>(2, tag - (held.find_last_not_of(u'\n', tag - 1) + 1));
    emit(SymbolsView(held).substr(0, blank));
    held.erase(0, blank);
    name_at = held.size();
    mode = Mode::tag;
}

void CallParser::State::take_tag_name(char16_t c) {
    const bool blank_before = (c == u' ' || c == u'\t') && name_at == held.size();
    if (!blank_before) {
        Symbols name = held.substr(name_at) + c;
        const bool possible = std::any_of(std::begin(marked_names), std::end(marked_names),
                                          [&](SymbolsView known) { return known.starts_with(name); });
        if (!possible) {
            not_a_tag();
            return take(c);
        }
    }
    held += c;
    if (blank_before) {
        name_at = held.size();
    } else if (std::find(std::begin(marked_names), std::end(marked_names), SymbolsView(held).substr(name_at)) !=
               std::end(marked_names)) {
        open_tag();
    }
}

void CallParser::State::open_tag() {
    if (mode == Mode::tag && reasoning_open) {
        mode = Mode::thought;
        return;
    }
    mode = Mode::block;
    call_opened = !held.ends_with(u"parameter");
}

// The marker stood before something else: it is left out, the text around it stays.
void CallParser::State::not_a_tag() {
    mode = reasoning_open ? Mode::reasoning : Mode::content;
    release();
}

void CallParser::State::end(bool by_model) {
    if (mode == Mode::tag) {
        repairs.add("cut off within the tag that opens the calls");
        held.clear();
    }
    if (mode == Mode::block || mode == Mode::thought || mode == Mode::unmarked) {
        end_block(by_model);
    } else {
        release();
    }
    if (reasoning_open) {
        repairs.add(calls.empty() ? "the reasoning is not closed" : "the reasoning is not closed before the calls");
    }
    mode = Mode::over;
}

void CallParser::State::end_block(bool by_model) {
    const std::size_t blank = newlines();
    const SymbolsView block = SymbolsView(held).substr(blank);
    Repairs found;
    BlockParser parser(block, by_model, alphabet, found);
    auto read = parser.calls();
    if (mode == Mode::unmarked && (read.empty() || !parser.whole())) return release();
    if (blank < 2) repairs.add("no empty line before the calls");
    for (const auto& repair : found.list()) repairs.add(repair);
    calls = std::move(read);
    call_opened = call_opened || !calls.empty();
    held.clear();
}

ParserDelta CallParser::State::take_delta() {
    const std::size_t reasoning_end =
        reasoning_open && mode != Mode::over ? whole_characters(reasoning) : reasoning.size();
    const std::size_t content_end = mode == Mode::content ? whole_characters(content) : content.size();
    ParserDelta delta;
    delta.reasoning = reasoning.substr(reasoning_shown, reasoning_end - reasoning_shown);
    delta.content = content.substr(content_shown, content_end - content_shown);
    delta.call_opened = call_opened && !call_opened_shown;
    call_opened_shown = call_opened;
    reasoning_shown = reasoning_end;
    content_shown = content_end;
    return delta;
}

CallParser::CallParser(bool thinking) : state_(std::make_unique<State>(thinking)) {}
CallParser::CallParser(CallParser&&) noexcept = default;
CallParser& CallParser::operator=(CallParser&&) noexcept = default;
CallParser::~CallParser() = default;

ParserDelta CallParser::feed(const Piece& piece) {
    assert(!state_->finished);
    if (piece.kind == Piece::Kind::control) {
        state_->take(state_->alphabet.symbol_of(piece.text));
    } else {
        for (const char c : piece.text) state_->take(static_cast<unsigned char>(c));
    }
    return state_->take_delta();
}

Message CallParser::finish() {
    assert(!state_->finished);
    if (state_->mode != State::Mode::over) state_->end(false);
    state_->finished = true;
    Message message;
    message.role = Role::assistant;
    message.reasoning = state_->reasoning;
    message.content = state_->content;
    message.calls = state_->calls;
    return message;
}

const std::vector<std::string>& CallParser::repairs() const {
    return state_->repairs.list();
}

}  // namespace heddle::prompts
