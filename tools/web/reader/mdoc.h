// tools/web/reader/mdoc.h: The macros of mdoc(7) that make text of their words.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace heddle::tools::web {

class Mdoc {
 public:
    // The text of a macro that begins a line; none for one that shows nothing or is not known.
    std::optional<std::string> text_of(const std::string& macro, const std::vector<std::string>& words);

    // Words among which macros may stand.
    std::string line_of(const std::vector<std::string>& words);

 private:
    std::string name_;  // what the page is about, as its first Nm says
};

}  // namespace heddle::tools::web
