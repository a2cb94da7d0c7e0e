// runtime/store/format.h: What makes a database a store of Heddle: its identity, its schema, its place on disk.
#pragma once

#include <filesystem>

#include "runtime/store/database.h"

namespace heddle {

const Format& store_format();

// The lock file beside a store: byte 0 while the store is made or changed, byte N while session number N is written.
std::filesystem::path lock_file_of(const std::filesystem::path& store);

}  // namespace heddle
