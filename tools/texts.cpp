// tools/texts.cpp: A tool's description from its embedded text.
#include "tools/texts.h"

namespace heddle::tools {

std::string description_of(std::string_view tool) {
    std::string_view text = embedded_text(tool);
    if (text.ends_with('\n')) text.remove_suffix(1);
    return std::string(text);
}

}  // namespace heddle::tools
