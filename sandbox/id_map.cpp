// sandbox/id_map.cpp: Reads and writes lines of "inside outside count".
#include "sandbox/id_map.h"

#include <fmt/core.h>

#include <sstream>

namespace heddle::sandbox {

namespace {

// Maps [first, end) of the file system to the same numbers of the guest.
std::string same(Id first, Id end) {
    return first < end ? fmt::format("{} {} {}\n", first, host_ids_first + first, end - first) : "";
}

}  // namespace

bool covers(std::string_view id_map, Id first, Id count) {
    std::istringstream lines{std::string(id_map)};
    std::uint64_t inside = 0, outside = 0, size = 0;
    while (lines >> inside >> outside >> size)
        if (inside <= first && first + std::uint64_t{count} <= inside + size) return true;
    return false;
}

bool zero_is_zero(std::string_view id_map) {
    std::istringstream lines{std::string(id_map)};
    std::uint64_t inside = 0, outside = 0, size = 0;
    while (lines >> inside >> outside >> size)
        if (inside == 0) return outside == 0;
    return false;
}

std::string range_map() {
    return same(0, host_ids_count);
}

std::string single_map(Id inside, Id outside) {
    return fmt::format("{} {} 1\n", inside, outside);
}

std::string workspace_map(Id owner) {
    if (owner == guest_id) return range_map();
    const std::string owner_is_guest = fmt::format("{} {} 1\n", owner, host_ids_first + guest_id);
    if (owner >= host_ids_count) return owner_is_guest + same(0, guest_id) + same(guest_id + 1, host_ids_count);
    const Id low = std::min(owner, guest_id), high = std::max(owner, guest_id);
    return owner_is_guest + fmt::format("{} {} 1\n", guest_id, host_ids_first + owner) + same(0, low) +
           same(low + 1, high) + same(high + 1, host_ids_count);
}

bool in_workspace_map(Id id, Id owner) {
    return id == owner || (id < host_ids_count && (id != guest_id || owner < host_ids_count));
}

}  // namespace heddle::sandbox
