// runtime/console.cpp: A session as lines for people: reasoning, calls, results, figures, and how a turn ended.
#include "runtime/console.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace heddle {

namespace {

// A screen has about 40 lines: a call and its result should leave room for each other.
constexpr std::size_t call_lines_max = 20;
constexpr std::size_t result_lines_max = 12;
constexpr std::size_t line_characters_max = 160;

std::string_view first_characters(std::string_view line, std::size_t count_max) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const bool starts = (static_cast<unsigned char>(line[i]) & 0xc0) != 0x80;
        if (starts && count++ == count_max) return line.substr(0, i);
    }
    return line;
}

// What a call says, as a person would type it: a lone text argument as it is, else JSON.
std::string text_of_arguments(const prompts::Json& arguments) {
    if (arguments.is_object() && arguments.size() == 1 && arguments.begin()->is_string()) {
        return arguments.begin()->get<std::string>();
    }
    return arguments.dump(-1, ' ', false, prompts::Json::error_handler_t::replace);
}

}  // namespace

bool wants_colours(std::FILE* stream) {
    const char* no_colour = std::getenv("NO_COLOR");
    const char* terminal = std::getenv("TERM");
    const bool dumb = !terminal || std::string_view(terminal) == "dumb";
    return ::isatty(::fileno(stream)) == 1 && !dumb && !(no_colour && *no_colour);
}

Console::Console(const ConsoleOptions& options) : options_(options) {}

void Console::token(const SampledToken& token) {
    stream(token.shown.reasoning, token.shown.content);
}

void Console::event(const Event& event) {
    std::visit(
        [this](const auto& one) {
            if constexpr (requires { show(one); }) show(one);
        },
        event);
}

void Console::show(const StepStarted& event) {
    step_ = event;
    reasoning_shown_ = content_shown_ = 0;
    reasoning_ = content_ = {};
}

void Console::show(const ReplyFinished& event) {
    const auto& message = event.message;
    const auto rest = [](const std::string& text, std::size_t shown) {
        return shown < text.size() ? std::string_view(text).substr(shown) : std::string_view();
    };
    stream(rest(message.reasoning, reasoning_shown_), rest(message.content, content_shown_));
    write(options_.progress, reasoning_.finish(), Tone::dim);
    if (options_.answers) write(options_.answers, content_.finish(), Tone::plain);
    end_line();
    const bool is_answer = message.calls.empty() && event.stop == StopReason::end;
    if (!options_.answers && !is_answer && !message.content.empty()) {
        line(printable_text(message.content), Tone::plain);
    }
    for (const auto& repair : event.repairs) line("mended: " + printable_line(repair), Tone::dim);
    line(fmt::format("step {}: {} tokens in view, {} reused, {} evaluated, {} generated", step_.step,
                     event.usage.prompt_tokens, event.usage.reused_tokens, event.usage.evaluated_tokens,
                     event.usage.generated_tokens),
         Tone::dim);
}

void Console::show(const ToolStarted& event) {
    const std::string text = printable_text(text_of_arguments(event.arguments));
    const std::string name = printable_line(event.name);
    if (text.find('\n') == std::string::npos) {
        line(fmt::format("> {}: {}", name, first_characters(text, line_characters_max)), Tone::bold);
        return;
    }
    line(fmt::format("> {}:", name), Tone::bold);
    block(text, call_lines_max, Tone::bold);
}

void Console::show(const ToolCompleted& event) {
    block(printable_text(event.text), result_lines_max, event.ok ? Tone::plain : Tone::red);
}

void Console::show(const TurnFailed& event) {
    line(fmt::format("heddle: stopped: {}", printable_line(event.reason)), Tone::red);
}

void Console::stream(std::string_view reasoning, std::string_view content) {
    reasoning_shown_ += reasoning.size();
    content_shown_ += content.size();
    write(options_.progress, reasoning_.feed(reasoning), Tone::dim);
    if (!options_.answers || content.empty()) return;
    if (last_ != options_.answers) end_line();
    write(options_.answers, content_.feed(content), Tone::plain);
}

void Console::write(std::FILE* to, std::string_view safe, Tone tone) {
    if (safe.empty()) return;
    const bool coloured = options_.colours && tone != Tone::plain;
    const char* code = tone == Tone::dim ? "\x1b[2m" : tone == Tone::bold ? "\x1b[1m" : "\x1b[31m";
    if (coloured) std::fputs(code, to);
    std::fwrite(safe.data(), 1, safe.size(), to);
    if (coloured) std::fputs("\x1b[0m", to);
    std::fflush(to);
    last_ = to;
    line_open_ = safe.back() != '\n';
}

void Console::line(std::string_view safe, Tone tone) {
    end_line();
    write(options_.progress, safe, tone);
    end_line();
}

void Console::end_line() {
    if (line_open_) write(last_, "\n", Tone::plain);
}

// Each line indented; the first ones only, and how many more there are.
void Console::block(std::string_view text, std::size_t lines_max, Tone tone) {
    end_line();
    std::size_t lines = 0;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        if (lines++ < lines_max) {
            const auto shown = first_characters(text.substr(0, end), line_characters_max);
            line(fmt::format("  {}{}", shown, shown.size() < end ? " ..." : ""), tone);
        }
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    if (lines > lines_max) line(fmt::format("  ... {} more lines", lines - lines_max), Tone::dim);
}

}  // namespace heddle
