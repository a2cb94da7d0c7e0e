// sandbox/id_map.h: Which user a guest is, inside and on the host, as lines for the kernel's id maps.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace heddle::sandbox {

using Id = std::uint32_t;

// A guest of root lives on these ids of the host, which belong to nobody; never on 0.
inline constexpr Id host_ids_first = 100'000;
inline constexpr Id host_ids_count = 65'536;
inline constexpr Id guest_id = 1'000;  // inside, where it is not one's own id

// True if `id_map`, the text of /proc/self/uid_map, holds all of [first, first + count).
bool covers(std::string_view id_map, Id first, Id count);

// True if id 0 of `id_map` is id 0 of the namespace above it.
bool zero_is_zero(std::string_view id_map);

// The map of the guest of root: 0..65535 to the host's ids.
std::string range_map();

// The map of anybody else's guest: one id.
std::string single_map(Id inside, Id outside);

// The map for a workspace that `owner` owns: it appears as guest_id's, and back; all other ids keep their number, but
// guest_id's own files take the owner's place (or appear as nobody's, where the owner's number is too large).
std::string workspace_map(Id owner);
bool in_workspace_map(Id id, Id owner);  // whether what `id` owns there is somebody's

}  // namespace heddle::sandbox
