// tools/web/reader/mdoc.cpp: A table of what each macro puts before and behind its words.
#include "tools/web/reader/mdoc.h"

#include <algorithm>
#include <array>

#include "tools/web/reader/roff.h"

namespace heddle::tools::web {

namespace {

// `whole`: it embraces the rest of the line, macros included; else it is about the words up to the next macro.
struct Macro {
    std::string_view name, before, behind;
    bool whole = false;
};
constexpr std::array macros = {
    Macro{"Fl", "-", ""},          Macro{"Ar", "", ""},         Macro{"Nm", "", ""},
    Macro{"Cm", "", ""},           Macro{"Ic", "", ""},         Macro{"Pa", "", ""},
    Macro{"Ev", "", ""},           Macro{"Dv", "", ""},         Macro{"Li", "", ""},
    Macro{"Em", "", ""},           Macro{"Sy", "", ""},         Macro{"Sx", "", ""},
    Macro{"Va", "", ""},           Macro{"Vt", "", ""},         Macro{"Fn", "", "()"},
    Macro{"Fa", "", ""},           Macro{"Ft", "", ""},         Macro{"Er", "", ""},
    Macro{"Xr", "", ""},           Macro{"Nd", "- ", "", true}, Macro{"No", "", ""},
    Macro{"Ns", "", ""},           Macro{"Ad", "", ""},         Macro{"An", "", ""},
    Macro{"Ql", "'", "'", true},   Macro{"Sq", "'", "'", true}, Macro{"Dq", "\"", "\"", true},
    Macro{"Qq", "\"", "\"", true}, Macro{"Pq", "(", ")", true}, Macro{"Op", "[", "]", true},
    Macro{"Bq", "[", "]", true},   Macro{"Aq", "<", ">", true}, Macro{"Brq", "{", "}", true},
    Macro{"Oo", "[", ""},          Macro{"Oc", "]", ""},        Macro{"St", "", ""},
    Macro{"In", "<", ">"},         Macro{"Lk", "", ""},         Macro{"Mt", "", ""},
    Macro{"Tn", "", ""},           Macro{"Ux", "Unix", ""},     Macro{"Bx", "BSD", ""},
    Macro{"Nx", "NetBSD", ""},     Macro{"Fx", "FreeBSD", ""},  Macro{"Ox", "OpenBSD", ""}};

const Macro* macro_named(std::string_view name) {
    const auto* const found = std::ranges::find(macros, name, &Macro::name);
    return found == macros.end() ? nullptr : found;
}

bool closes(std::string_view word) {
    return word.size() == 1 && std::string_view(".,:;)]?!").find(word[0]) != std::string_view::npos;
}

void append(std::string& line, const std::string& word) {
    if (word.empty()) return;
    const bool tight = line.empty() || line.ends_with('[') || line.ends_with('(') || closes(word) || word == "]";
    line += (tight ? "" : " ") + word;
}

}  // namespace

std::string Mdoc::line_of(const std::vector<std::string>& words) {
    std::string line;
    std::string behind;  // what the macros that embrace the rest still owe
    bool glued = false;  // the next word stands right behind an opening mark
    const auto put = [&](const std::string& word) {
        glued ? void(line += word) : append(line, word);
        glued = false;
    };
    for (std::size_t at = 0; at < words.size();) {
        const Macro* const macro = macro_named(words[at]);
        if (macro == nullptr) {
            put(roff_text(words[at++]));
            continue;
        }
        ++at;
        if (macro->name == "Ns") {
            glued = true;
            continue;
        }
        std::string text;
        const std::size_t first = at;
        for (; !macro->whole && at < words.size() && macro_named(words[at]) == nullptr && !closes(words[at]); ++at) {
            const bool section = macro->name == "Xr" && at == first + 1;
            text += section ? "(" + words[at] + ")" : (at > first ? " " : "") + roff_text(words[at]);
        }
        if (macro->name == "Nm") {
            if (text.empty()) text = name_;
            if (name_.empty()) name_ = text;
        }
        text = std::string(macro->before) + text;
        if (macro->whole) {
            put(text);
            glued = true;
            behind.insert(0, macro->behind);
        } else {
            put(text + std::string(macro->behind));
        }
    }
    return line + behind;
}

std::optional<std::string> Mdoc::text_of(const std::string& macro, const std::vector<std::string>& words) {
    if (macro_named(macro) == nullptr) return std::nullopt;
    std::vector<std::string> all{macro};
    all.insert(all.end(), words.begin(), words.end());
    return line_of(all);
}

}  // namespace heddle::tools::web
