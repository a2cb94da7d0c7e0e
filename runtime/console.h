// runtime/console.h: A session as lines for people: reasoning, calls, results, figures, and how a turn ended.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include "runtime/terminal_text.h"
#include "runtime/view.h"

namespace heddle {

struct ConsoleOptions {
    std::FILE* progress = stderr;
    std::FILE* answers = nullptr;  // where content is shown as it is sampled; none: it is only shown before calls
    bool colours = false;
};

// Whether colours fit: a terminal that is not dumb, and no NO_COLOR.
bool wants_colours(std::FILE* stream);

// Writes as things happen and flushes; what a model or a tool said is escaped first.
class Console : public View {
 public:
    explicit Console(const ConsoleOptions& options);
    void token(const SampledToken& token) override;
    void event(const Event& event) override;

 private:
    enum class Tone { plain, dim, bold, red };
    void show(const StepStarted& event);
    void show(const ReplyFinished& event);
    void show(const ToolStarted& event);
    void show(const ToolCompleted& event);
    void show(const TurnFailed& event);

    void stream(std::string_view reasoning, std::string_view content);
    void write(std::FILE* to, std::string_view safe, Tone tone);
    void line(std::string_view safe, Tone tone);  // on a line of its own
    void end_line();
    void block(std::string_view text, std::size_t lines_max, Tone tone);

    ConsoleOptions options_;
    StepStarted step_;
    TerminalText reasoning_, content_;
    std::size_t reasoning_shown_ = 0, content_shown_ = 0;  // bytes of the reply that runs
    std::FILE* last_ = nullptr;                            // where the last bytes went
    bool line_open_ = false;                               // they did not end a line
};

}  // namespace heddle
