// runtime/store/session_id.h: Names of sessions: UUIDs of version 7, whose order is the order of their making.
#pragma once

#include <cstdint>
#include <string>

namespace heddle {

std::string new_session_id(std::int64_t now_us);  // 36 characters, lower case
std::int64_t now_us();                            // microseconds since 1970, UTC

}  // namespace heddle
