// tests/sandbox/net/hello.h: Builds the first message of TLS, whole or broken.
#pragma once

#include <string>
#include <string_view>

inline std::string vector16(std::string_view content) {
    std::string bytes{static_cast<char>(content.size() >> 8), static_cast<char>(content.size())};
    return bytes.append(content);
}

inline std::string extension(int type, std::string_view content) {
    return std::string{static_cast<char>(type >> 8), static_cast<char>(type)} + vector16(content);
}

inline std::string server_name_extension(std::string_view name) {
    return extension(0, vector16(std::string(1, '\0') + vector16(name)));
}

inline std::string handshake(int type, std::string_view body) {
    return std::string{static_cast<char>(type), '\0'} + vector16(body);
}

inline std::string hello_message(std::string_view extensions) {
    const std::string random(32, 'r');
    std::string body = "\x03\x03" + random;
    body += '\x20' + random;                               // session
    body += vector16(std::string("\x13\x01\x13\x02", 4));  // cipher suites
    body += std::string("\x01\x00", 2);                    // compression
    return handshake(1, body + vector16(extensions));
}

inline std::string record(std::string_view content) {
    return "\x16\x03\x01" + vector16(content);
}

inline std::string hello_for(std::string_view name) {
    return record(hello_message(server_name_extension(name)));
}
