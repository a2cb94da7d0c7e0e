// runtime/instructions.h: What a folder asks of those who work in it: its AGENTS.md.
#pragma once

#include <filesystem>
#include <string>

namespace heddle {

// The text for the system message, valid UTF-8 and at most 32 KiB of the file; empty when there is none. A link or
// anything else that is not a plain file counts as none: it could name a file outside the folder.
std::string folder_instructions(const std::filesystem::path& workspace);

}  // namespace heddle
