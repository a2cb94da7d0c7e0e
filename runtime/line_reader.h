// runtime/line_reader.h: What a person types: edited lines with history on a terminal, plain lines elsewhere.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace heddle {

class LineReader {
 public:
    // The history is kept in the file `history` when standard input and output are a terminal.
    explicit LineReader(const std::filesystem::path& history);
    ~LineReader();

    // One message: a line, and the lines after each that ends in a backslash, joined by newlines. Empty after Ctrl-C.
    // None at the end of the input (Ctrl-D on an empty line).
    std::optional<std::string> read();

    bool on_terminal() const;

 private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace heddle
