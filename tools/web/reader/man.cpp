// tools/web/reader/man.cpp: One pass over the lines; what a request does stands in two tables, one for each macro
// package.
#include "tools/web/reader/man.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "tools/web/reader/mdoc.h"
#include "tools/web/reader/roff.h"
#include "tools/web/reader/text_writer.h"

namespace heddle::tools::web {

namespace {

constexpr int head_lines = 200;  // licences stand before the first request

std::string_view take_line(std::string_view& text) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    return line;
}

std::string joined(const std::vector<std::string>& words, std::size_t from, const char* between) {
    std::string text;
    for (std::size_t i = from; i < words.size(); ++i) text += (i > from ? between : "") + roff_text(words[i]);
    return text;
}

class Reader {
 public:
    Reader(std::string_view text, const std::string& url) : rest_(text), writer_(url) {}

    Document read() {
        while (!rest_.empty()) read_line(take_line(rest_));
        Document document = writer_.finish();
        document.title = title_;
        return document;
    }

 private:
    void read_line(std::string_view line) {
        if (line.starts_with('.') || line.starts_with('\'')) {
            const std::size_t begin = line.find_first_not_of(" \t", 1);
            if (begin == std::string_view::npos) return;
            line.remove_prefix(begin);
            const std::string_view name = line.substr(0, line.find_first_of(" \t"));
            return request(name, line.substr(name.size()));
        }
        if (verbatim_) return writer_.verbatim(roff_text(line) + "\n");
        if (line.find_first_not_of(" \t") == std::string_view::npos) return writer_.begin_paragraph();
        put(roff_text(line));
    }

    // Text in the flow of lines; what a heading or a tag waited for ends with it.
    void put(const std::string& text) {
        if (heading_ > 0) {
            writer_.mark(std::string(static_cast<std::size_t>(heading_), '#') + " ");
            heading_ = 0;
            writer_.text(text);
            return writer_.begin_paragraph();
        }
        verbatim_ ? writer_.verbatim(text + "\n") : writer_.text(text + " ");
        if (tag_ && !verbatim_) writer_.begin_line();
        tag_ = false;
    }

    void begin_heading(int depth, const std::string& text) {
        verbatim_ = tag_ = false;
        writer_.begin_paragraph();
        heading_ = depth;
        if (!text.empty()) put(text);
    }

    void request(std::string_view name, std::string_view rest) {
        if (name == "de" || name == "ig" || name == "am") return skip_until("..");
        if (name == "EQ") return skip_until(".EN");
        if (name == "TS") return table();
        if (name == "if" || name == "ie" || name == "el") return condition(name, rest);
        const auto words = roff_words(rest);
        if (structure(name, words) || fonts(name, words)) return;
        if (auto text = mdoc_.text_of(std::string(name), words)) put(*text);
    }

    // Requests of both packages that begin something. False: it is none of them.
    bool structure(std::string_view name, const std::vector<std::string>& words) {
        if (name == "TH" || name == "Dt") {
            if (words.size() > 1) title_ = roff_text(words[0]) + "(" + roff_text(words[1]) + ")";
        } else if (name == "SH" || name == "Sh") {
            begin_heading(1, joined(words, 0, " "));
        } else if (name == "SS" || name == "Ss") {
            begin_heading(2, joined(words, 0, " "));
        } else if (name == "PP" || name == "P" || name == "LP" || name == "HP" || name == "Pp" || name == "sp") {
            verbatim_ ? writer_.verbatim("\n") : writer_.begin_paragraph();
        } else if (name == "br" || name == "D1" || name == "Dl" || name == "SY") {
            writer_.begin_line();
            if (!words.empty()) put(joined(words, 0, " "));
        } else if (name == "TP" || name == "TQ") {
            writer_.begin_paragraph();
            tag_ = true;
        } else if (name == "IP" || name == "It") {
            item(name, words);
        } else if (name == "nf" || name == "EX" || name == "Bd") {
            writer_.begin_line();
            verbatim_ = name != "Bd" || (!words.empty() && words[0] != "-filled" && words[0] != "-ragged");
        } else if (name == "fi" || name == "EE" || name == "Ed") {
            verbatim_ = false;
            writer_.begin_line();
        } else if (name == "UR" || name == "MT") {
            if (!words.empty()) writer_.begin_link(words[0]);
        } else if (name == "UE" || name == "ME") {
            writer_.end_link();
        } else if (name == "so") {
            put("See " + joined(words, 0, " "));
        } else {
            return false;
        }
        return true;
    }

    void item(std::string_view name, const std::vector<std::string>& words) {
        writer_.begin_paragraph();
        if (words.empty()) return;
        const std::string tag = name == "IP" ? roff_text(words[0]) : mdoc_.line_of(words);
        if (tag == "•" || tag == "*" || tag == "-" || tag == "o") return writer_.mark("  * ");
        writer_.text(tag);
        writer_.begin_line();
    }

    // man(7)'s fonts: one for all words, or two in turn without spaces between.
    bool fonts(std::string_view name, const std::vector<std::string>& words) {
        constexpr std::array single = {"B", "I", "SM", "SB", "R", "CW"};
        constexpr std::array twofold = {"BI", "BR", "IB", "IR", "RB", "RI"};
        if (name == "OP") {
            put("[" + joined(words, 0, " ") + "]");
        } else if (std::ranges::find(single, name) != single.end()) {
            if (!words.empty()) put(joined(words, 0, " "));
        } else if (std::ranges::find(twofold, name) != twofold.end()) {
            put(joined(words, 0, ""));
        } else {
            return false;
        }
        return true;
    }

    void skip_until(std::string_view end) {
        while (!rest_.empty() && take_line(rest_) != end) continue;
    }

    // The layout ends with a point; data follow, cells between tabs.
    void table() {
        writer_.begin_paragraph();
        bool data = false;
        while (!rest_.empty()) {
            const std::string_view line = take_line(rest_);
            if (line.starts_with(".TE")) break;
            if (data && !line.starts_with('.') && line != "_" && line != "=" && line != "T}") {
                std::string row;
                for (const char c : roff_text(line)) row += c == '\t' ? std::string(" | ") : std::string(1, c);
                if (row.starts_with("T}")) row.erase(0, 2);
                if (row.ends_with("T{")) row.resize(row.size() - 2);
                writer_.verbatim(row + "\n");
            }
            data = data || line.ends_with('.');
        }
        writer_.begin_paragraph();
    }

    // Only what asks for a terminal's kind of output (n) is taken as true. A branch may be a line or stand in braces.
    void condition(std::string_view name, std::string_view rest) {
        const std::size_t begin = std::min(rest.find_first_not_of(" \t"), rest.size());
        rest.remove_prefix(begin);
        const bool holds = name != "el" && (rest.starts_with("n ") || rest.starts_with("!t ") || rest == "n");
        const bool opens = rest.find("\\{") != std::string_view::npos;
        if (!holds && opens) {
            int depth = 1;
            while (!rest_.empty() && depth > 0) {
                const std::string_view line = take_line(rest_);
                depth += line.find("\\{") != std::string_view::npos ? 1 : 0;
                depth -= line.find("\\}") != std::string_view::npos ? 1 : 0;
            }
        }
        if (holds && !opens) read_line(rest.substr(std::min(rest.find(' ') + 1, rest.size())));
    }

    std::string_view rest_;
    TextWriter writer_;
    Mdoc mdoc_;
    std::string title_;
    int heading_ = 0;   // of this depth, and its text comes with the next line
    bool tag_ = false;  // the next line is one, and the text below it begins a line
    bool verbatim_ = false;
};

}  // namespace

bool is_man(std::string_view utf8) {
    for (int i = 0; i < head_lines && !utf8.empty(); ++i) {
        const std::string_view line = take_line(utf8);
        for (const std::string_view request : {".TH ", ".Dd ", ".Dt ", ".so man"}) {
            if (line.starts_with(request)) return true;
        }
    }
    return false;
}

Document read_man(std::string_view utf8, const std::string& url) {
    return Reader(utf8, url).read();
}

}  // namespace heddle::tools::web
