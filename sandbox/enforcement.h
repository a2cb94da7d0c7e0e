// sandbox/enforcement.h: What holds a guest, layer by layer, and who holds it: said of what was set up, never of
// wishes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace heddle::sandbox {

// How a guest is kept apart, the weakest first.
enum class Tier : std::uint8_t {
    d,  // by nothing: never by a policy file, only as said for one session, and then nothing stronger is meant
    c,  // by rules alone (Landlock, seccomp): where there are no namespaces
    b,  // by namespaces that another program makes
    a,  // by namespaces and mounts of its own
};

enum class Layer : std::uint8_t {
    files,            // what it may open, and with that read, write and execute
    network,          // what it may connect to; as the policy says: nobody holds what it leaves open
    processes,        // whom it may signal or look into
    ipc,              // shared memory, queues and sockets by name
    devices,          // which devices it may open
    syscalls,         // what it may ask of the kernel
    view,             // that it does not even see what it may not open
    modes,            // modes, owners and times of files that it may not open
    memory,           // of all its processes
    tasks,            // their number
    cpu,              // the time of a command and all that it starts, in sum
    disk,             // what it may write, in sum
    output,           // what is kept of what it prints
    protected_paths,  // what of its changes others would run
};
inline constexpr std::size_t layers_count = 14;

enum class Holder : std::uint8_t {
    none,
    supervised,  // this process; where it has to look again and again, a guest can be past a limit until it does
    kernel,
};

struct Enforcement {
    Tier tier = Tier::d;
    std::array<Holder, layers_count> holders{};

    Holder& operator[](Layer layer) { return holders[static_cast<std::size_t>(layer)]; }
    Holder operator[](Layer layer) const { return holders[static_cast<std::size_t>(layer)]; }
    bool operator==(const Enforcement&) const = default;
};

inline bool has_namespaces(Tier tier) {
    return tier >= Tier::b;
}

const char* name_of(Tier tier);      // "A"
const char* name_of(Layer layer);    // "protected-paths"
const char* name_of(Holder holder);  // "kernel"

// What a policy may require: the name of each layer, held by whomever, and "memory.hard", held by the kernel.
const std::set<std::string_view>& require_names();

// The first of `required` that is not there, or none. A word that is not known is never there.
std::optional<std::string> unmet(const std::set<std::string>& required, const Enforcement& held);

}  // namespace heddle::sandbox
