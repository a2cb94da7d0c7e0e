// runtime/store/document_format.cpp: The identity and the schema of the index of documents.
#include "runtime/store/document_format.h"

#include <array>
#include <string_view>

namespace heddle {

namespace store_texts {
std::string_view embedded_text(std::string_view stem);  // generated from the .sql files of this folder
}

const Format& document_format() {
    static const std::array scripts{store_texts::embedded_text("documents")};
    static const Format format{0x48646c64, scripts, "the index of documents",
                               "move the file away and index again"};  // "Hdld"
    return format;
}

}  // namespace heddle
