// runtime/line_reader.cpp: What a person types: edited lines with history on a terminal, plain lines elsewhere.
#include "runtime/line_reader.h"

#include <histedit.h>
#include <unistd.h>

#include <clocale>
#include <csignal>
#include <iostream>

#include "runtime/error.h"

namespace heddle {

namespace {

constexpr int history_lines_max = 1000;

volatile std::sig_atomic_t interrupted = 0;
const char* prompt_shown = "> ";

char* prompt_of(EditLine*) {
    return const_cast<char*>(prompt_shown);
}

// While a line is read, Ctrl-C interrupts the read and nothing else: no SA_RESTART.
class InterruptsRead {
 public:
    InterruptsRead() {
        struct sigaction action {};
        action.sa_handler = [](int) { interrupted = 1; };
        interrupted = 0;
        ::sigaction(SIGINT, &action, &before_);
    }
    ~InterruptsRead() { ::sigaction(SIGINT, &before_, nullptr); }
    InterruptsRead(const InterruptsRead&) = delete;
    InterruptsRead& operator=(const InterruptsRead&) = delete;

 private:
    struct sigaction before_ {};
};

}  // namespace

struct LineReader::State {
    explicit State(std::filesystem::path file) : history_file(std::move(file)) {
        if (::isatty(STDIN_FILENO) != 1 || ::isatty(STDOUT_FILENO) != 1) return;
        std::setlocale(LC_CTYPE, "");  // the editor counts characters by it
        if (!edit || !history) throw Error("cannot edit lines on this terminal: libedit did not start; is TERM set?");
        std::error_code ignored;  // without the folder there is no history, and nothing else is amiss
        std::filesystem::create_directories(history_file.parent_path(), ignored);
        HistEvent event;
        ::history(history.get(), &event, H_SETSIZE, history_lines_max);
        ::history(history.get(), &event, H_SETUNIQUE, 1);
        ::history(history.get(), &event, H_LOAD, history_file.c_str());
        el_set(edit.get(), EL_PROMPT, &prompt_of);
        el_set(edit.get(), EL_EDITOR, "emacs");
        el_set(edit.get(), EL_HIST, ::history, history.get());
        el_source(edit.get(), nullptr);  // the user's ~/.editrc
        terminal = true;
    }

    enum class Got { line, interrupt, end };
    Got read(std::string& line, const char* prompt) {
        if (!terminal) return std::getline(std::cin, line) ? Got::line : Got::end;
        prompt_shown = prompt;
        const InterruptsRead guard;
        int count = 0;
        const char* text = el_gets(edit.get(), &count);
        if (interrupted != 0) {
            std::cout << "\n" << std::flush;
            el_reset(edit.get());
            return Got::interrupt;
        }
        if (!text || count <= 0) return Got::end;
        line.assign(text, static_cast<std::size_t>(count));
        if (line.ends_with('\n')) line.pop_back();
        return Got::line;
    }

    void remember(const std::string& message) const {
        if (!terminal || message.find_first_not_of(" \t\n") == std::string::npos) return;
        HistEvent event;
        ::history(history.get(), &event, H_ENTER, message.c_str());
        ::history(history.get(), &event, H_SAVE, history_file.c_str());
    }

    std::filesystem::path history_file;
    bool terminal = false;
    std::unique_ptr<EditLine, void (*)(EditLine*)> edit{el_init("heddle", stdin, stdout, stderr), el_end};
    std::unique_ptr<History, void (*)(History*)> history{history_init(), history_end};
};

LineReader::LineReader(const std::filesystem::path& history) : state_(std::make_unique<State>(history)) {}
LineReader::~LineReader() = default;

bool LineReader::on_terminal() const {
    return state_->terminal;
}

std::optional<std::string> LineReader::read() {
    std::string message, line;
    const char* prompt = "> ";
    for (;;) {
        const auto got = state_->read(line, prompt);
        if (got == State::Got::interrupt) return std::string();
        if (got == State::Got::end) {
            if (message.empty()) return std::nullopt;
            break;
        }
        if (!line.ends_with('\\')) {
            message += line;
            break;
        }
        line.back() = '\n';
        message += line;
        prompt = ". ";
    }
    state_->remember(message);
    return message;
}

}  // namespace heddle
