// sandbox/text_file.h: Reads and writes the small files of /proc and of cgroups.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sandbox/fd.h"

namespace heddle::sandbox {

// The file's text, or "" if it cannot be read. `folder` may be AT_FDCWD.
std::string read_text_at(int folder, const std::string& path);

// The text of an open file from its start, as it is now; "" if it cannot be read.
std::string read_text_again(const Fd& file);

// Writes `text` in one call, as the kernel wants it; returns 0 or the errno.
int write_text_at(int folder, const std::string& path, std::string_view text);

// The number behind `name` where a line starts with it, or 0.
std::uint64_t number_after(std::string_view text, std::string_view name);

}  // namespace heddle::sandbox
