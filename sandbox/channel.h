// sandbox/channel.h: Messages with descriptors over a socket pair.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/error.h"
#include "sandbox/fd.h"

namespace heddle::sandbox {

inline constexpr std::size_t message_bytes_max = 8192;  // what is longer crosses as a file in memory
inline constexpr std::size_t message_fds_max = 8;

struct Message {
    std::string bytes;
    std::vector<Fd> fds;
};

// A message of which a part was dropped: it is longer than any may be, or there were no descriptors free for its own.
// The socket can be used on.
struct CutMessage : Error {
    explicit CutMessage(std::vector<Fd> fds);
    std::vector<Fd> fds;  // those that arrived, the first ones
};

// One message, whole or not at all. Throws Error if the other side is gone.
void send_message(int socket, std::string_view bytes, std::span<const int> fds = {});

// A message of a kind with a body: within it where both fit, else as a sealed file in memory, the last descriptor.
// Throws Error.
void send_request(int socket, std::string_view kind, std::string_view body, std::vector<int> fds);

// The next message; none once the other side has closed. Blocks unless `wait` is false and nothing is there yet, which
// gives a message without bytes. Throws Error, and CutMessage.
std::optional<Message> receive_message(int socket, bool wait = true);

}  // namespace heddle::sandbox
