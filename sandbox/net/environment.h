// sandbox/net/environment.h: The variables that lead programs in a guest to the proxy.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace heddle::sandbox {

// Where the keeper makes the sockets, inside.
constexpr std::uint16_t http_proxy_port = 3128, socks_proxy_port = 1080, dns_port = 53;

std::map<std::string, std::string> proxy_environment();  // for Command::environment

}  // namespace heddle::sandbox
