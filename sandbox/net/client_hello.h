// sandbox/net/client_hello.h: Finds the server name in the first message of TLS, however it is cut into pieces.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace heddle::sandbox {

class ClientHelloReader {
 public:
    enum class State { more, complete, malformed };

    // Takes the next bytes of the stream. After `complete` or `malformed` nothing more is taken.
    State add(std::string_view bytes);
    const std::optional<std::string>& server_name() const { return name_; }  // as sent; once complete
    const std::string& problem() const { return problem_; }                  // once malformed

 private:
    State fail(std::string problem);
    State take_record();
    State finish();

    std::size_t taken_ = 0;
    std::string record_;     // the record that arrives, its 5 bytes of head included
    std::string handshake_;  // what the records before carried
    std::optional<std::string> name_;
    std::string problem_;
    State state_ = State::more;
};

// "" if a tunnel to `host` may begin with this hello, else why not: the name must be the host's. An address has no
// server name (RFC 6066), so a tunnel to one must not send any.
std::string refuse_server_name(const std::optional<std::string>& server_name, const std::string& host);

std::string tls_alert_access_denied();  // the record that tells a client so

}  // namespace heddle::sandbox
