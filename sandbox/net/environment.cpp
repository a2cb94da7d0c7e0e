// sandbox/net/environment.cpp: Both spellings of each variable, for no two programs read the same.
#include "sandbox/net/environment.h"

#include <fmt/core.h>

namespace heddle::sandbox {

std::map<std::string, std::string> proxy_environment() {
    // all_proxy names the HTTP proxy too: Python's httpx and requests fail outright on a socks:// there unless an
    // optional package is installed. Who wants SOCKS names it.
    const std::string proxy = fmt::format("http://127.0.0.1:{}", http_proxy_port);
    const std::string direct = "localhost,127.0.0.1,::1";  // servers of the guest's own
    return {{"http_proxy", proxy}, {"https_proxy", proxy}, {"all_proxy", proxy}, {"no_proxy", direct},
            {"HTTP_PROXY", proxy}, {"HTTPS_PROXY", proxy}, {"ALL_PROXY", proxy}, {"NO_PROXY", direct}};
}

}  // namespace heddle::sandbox
