// tests/fuzz/gitignore_fuzz.cpp: Any bytes as a .gitignore and as a path.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "tools/gitignore.h"

using heddle::tools::Gitignore;
using heddle::tools::PathPattern;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string input(reinterpret_cast<const char*>(data), size);
    const std::size_t end = input.find('\0');
    const std::string rules = input.substr(0, end), path = end == std::string::npos ? "a/b.c" : input.substr(end + 1);
    const Gitignore ignore(rules);
    const auto as_file = ignore.says(path, false), as_folder = ignore.says(path, true);
    // What is said of files is said of folders, too, unless a line for folders alone says otherwise.
    if (as_file && !as_folder) std::abort();
    // A name whose every character is escaped stands for itself.
    std::string name, escaped;
    for (const char c : path.substr(0, path.find('/'))) {
        name += c;
        escaped += std::string("\\") + c;
    }
    if (!name.empty() && !PathPattern(escaped).matches("x/" + name, false)) std::abort();
    return 0;
}
