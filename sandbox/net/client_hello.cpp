// sandbox/net/client_hello.cpp: RFC 8446 5.1 (records), 4.1.2 (ClientHello) and RFC 6066 3 (server_name), strictly.
#include "sandbox/net/client_hello.h"

#include <fmt/core.h>

#include "sandbox/net/host.h"

namespace heddle::sandbox {

namespace {

constexpr std::size_t hello_size_max = 16 * 1024;  // with post-quantum keys and ECH some 2 to 4 KiB
constexpr std::size_t record_head_size = 5, handshake_head_size = 4;
constexpr int type_handshake = 22, type_client_hello = 1, extension_server_name = 0, name_type_host = 0;

// Reads big-endian numbers and vectors with a length in front; once it has run short it stays short.
class Cursor {
 public:
    explicit Cursor(std::string_view bytes) : rest_(bytes) {}

    std::size_t number(std::size_t width) {
        std::size_t value = 0;
        for (const char c : bytes(width)) value = value << 8 | static_cast<unsigned char>(c);
        return value;
    }
    std::string_view bytes(std::size_t count) {
        if (count > rest_.size()) {
            short_ = true;
            rest_ = {};
            return {};
        }
        const std::string_view taken = rest_.substr(0, count);
        rest_.remove_prefix(count);
        return taken;
    }
    std::string_view vector(std::size_t width) { return bytes(number(width)); }
    bool is_short() const { return short_; }
    bool at_end() const { return rest_.empty(); }

 private:
    std::string_view rest_;
    bool short_ = false;
};

// The one host name in the body of a server_name extension; nothing if it is not well-formed.
std::optional<std::string> read_name(std::string_view body) {
    Cursor extension(body);
    Cursor list(extension.vector(2));
    if (extension.is_short() || !extension.at_end()) return std::nullopt;
    const std::size_t type = list.number(1);
    const std::string_view name = list.vector(2);
    if (list.is_short() || !list.at_end() || type != name_type_host || name.empty()) return std::nullopt;
    return std::string(name);
}

}  // namespace

ClientHelloReader::State ClientHelloReader::fail(std::string problem) {
    problem_ = std::move(problem);
    return state_ = State::malformed;
}

ClientHelloReader::State ClientHelloReader::add(std::string_view bytes) {
    for (const char c : bytes) {
        if (state_ != State::more) break;
        if (++taken_ > hello_size_max) return fail("a TLS hello of more than 16 KiB");
        record_.push_back(c);
        take_record();
    }
    return state_;
}

// Looks at the record after each byte: its head as soon as it is there, its body once it is whole.
ClientHelloReader::State ClientHelloReader::take_record() {
    const auto at = [this](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(record_[i])); };
    if (at(0) != type_handshake || (record_.size() >= 2 && at(1) != 3)) return fail("not TLS");
    if (record_.size() < record_head_size) return state_;
    const std::size_t size = at(3) << 8 | at(4);
    if (size == 0) return fail("an empty TLS record");
    if (record_.size() < record_head_size + size) return state_;
    handshake_.append(record_, record_head_size);
    record_.clear();
    return finish();
}

ClientHelloReader::State ClientHelloReader::finish() {
    if (handshake_[0] != type_client_hello) return fail("a TLS message that is no ClientHello");
    if (handshake_.size() < handshake_head_size) return state_;
    Cursor head(std::string_view(handshake_).substr(1));
    const std::size_t size = head.number(3);
    if (handshake_.size() < handshake_head_size + size) return state_;
    if (handshake_.size() > handshake_head_size + size) return fail("a TLS hello with more behind it in its record");

    Cursor body(std::string_view(handshake_).substr(handshake_head_size));
    body.bytes(2 + 32);  // version and random
    body.vector(1);      // session
    body.vector(2);      // cipher suites
    body.vector(1);      // compression
    if (body.is_short()) return fail("a TLS hello that ends too early");
    if (!body.at_end()) {
        Cursor extensions(body.vector(2));
        if (body.is_short() || !body.at_end()) return fail("a TLS hello of the wrong length");
        while (!extensions.at_end()) {
            const std::size_t type = extensions.number(2);
            const std::string_view content = extensions.vector(2);
            if (extensions.is_short()) return fail("a TLS extension that ends too early");
            if (type != extension_server_name) continue;
            if (name_) return fail("a TLS hello with two server names");
            name_ = read_name(content);
            if (!name_) return fail("a TLS server name that is not well-formed");
        }
    }
    return state_ = State::complete;
}

std::string refuse_server_name(const std::optional<std::string>& server_name, const std::string& host) {
    if (as_address(host))
        return server_name ? fmt::format("its TLS asks for {}, not for the address", plain_line(*server_name)) : "";
    if (!server_name) return "its TLS names no server";
    if (normal_host(*server_name, nullptr) == host) return "";
    return fmt::format("its TLS asks for {}", plain_line(*server_name));
}

std::string tls_alert_access_denied() {
    return std::string("\x15\x03\x01\x00\x02\x02\x31",
                       7);  // alert, TLS 1.0 record, two bytes: fatal, access_denied(49)
}

}  // namespace heddle::sandbox
