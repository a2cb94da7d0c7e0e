// runtime/store/format.cpp: What makes a database a store of Heddle: its identity, its schema, its place on disk.
#include "runtime/store/format.h"

#include <array>
#include <string_view>

namespace heddle {

namespace store_texts {
std::string_view embedded_text(std::string_view stem);  // generated from the .sql files of this folder
}

const Format& store_format() {
    static const std::array scripts{store_texts::embedded_text("schema")};
    static const Format format{0x4864646c, scripts};  // "Hddl"
    return format;
}

std::filesystem::path lock_file_of(const std::filesystem::path& store) {
    auto file = store;
    file += ".lock";
    return file;
}

}  // namespace heddle
