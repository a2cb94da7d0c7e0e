// runtime/instructions.cpp: What a folder asks of those who work in it: its AGENTS.md.
#include "runtime/instructions.h"

#include <fstream>

#include "tools/clip.h"

namespace heddle {

namespace {

constexpr std::size_t instructions_bytes_max = 32 * 1024;  // about 8k tokens; more would crowd out the work

}  // namespace

std::string folder_instructions(const std::filesystem::path& workspace) {
    const auto file = workspace / "AGENTS.md";
    std::error_code error;
    if (!std::filesystem::is_regular_file(std::filesystem::symlink_status(file, error))) return {};
    std::ifstream in(file, std::ios::binary);
    std::string bytes(instructions_bytes_max, '\0');
    in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    bytes.resize(static_cast<std::size_t>(in.gcount()));
    if (bytes.empty()) return {};
    std::string text = tools::readable(bytes);
    while (text.ends_with('\n')) text.pop_back();
    return "\n\nInstructions of this folder (AGENTS.md):\n\n" + text;
}

}  // namespace heddle
