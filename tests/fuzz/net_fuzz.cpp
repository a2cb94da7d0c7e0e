// tests/fuzz/net_fuzz.cpp: Any bytes as what a guest may send to the proxy: read in the same way however they are cut.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sandbox/net/client_hello.h"
#include "sandbox/net/dns.h"
#include "sandbox/net/host.h"
#include "sandbox/net/http_body.h"
#include "sandbox/net/http_head.h"
#include "sandbox/net/rules.h"
#include "sandbox/net/socks.h"

using namespace heddle::sandbox;

namespace {

void hold(bool claim) {
    if (!claim) std::abort();
}

void read_host(std::string_view bytes) {
    if (const auto rule = parse_net_rule(bytes, nullptr)) {
        const auto again = parse_net_rule(to_text(*rule), nullptr);
        hold(again && again->host == rule->host && again->port == rule->port);
    }
    if (const auto host = normal_host(bytes, nullptr)) hold(normal_host(*host, nullptr) == host);
}

// Host, how long it is, and Connection: with these a head of as many fields as are read may be passed on with more.
constexpr std::size_t own_fields_max = 3;

// What is passed on must itself be a request that is read in the same way.
void read_http(std::string_view bytes) {
    const std::size_t size = http_head_size(bytes, 0);
    hold(size <= bytes.size());
    const auto head = parse_http_head(bytes.substr(0, size), nullptr);
    if (!head || head->is_connect()) return;
    std::string passed_on = to_origin_request(*head);
    hold(http_head_size(passed_on, 0) == passed_on.size());
    passed_on.insert(passed_on.find(' ') + 1, "http://" + with_port(head->host, head->port));
    const auto again = parse_http_head(passed_on, nullptr);
    if (head->port == 80 && head->fields.size() + own_fields_max <= http_fields_max) {
        hold(again && again->path == head->path && again->fields == head->fields);
        hold(again->chunked == head->chunked && again->content_length == head->content_length);
    }
    HttpBody whole(*head), cut(*head);
    std::size_t one_by_one = 0;
    const std::string_view rest = bytes.substr(size);
    for (const char c : rest) one_by_one += cut.take({&c, 1});
    hold(whole.take(rest) == one_by_one && whole.at_end() == cut.at_end() && whole.is_broken() == cut.is_broken());
}

void read_hello(std::string_view bytes) {
    ClientHelloReader whole, cut;
    const auto state = whole.add(bytes);
    auto last = ClientHelloReader::State::more;
    for (const char c : bytes) last = cut.add({&c, 1});
    hold(last == state && cut.server_name() == whole.server_name() && cut.problem() == whole.problem());
}

void read_dns(std::string_view bytes) {
    NetRules rules;
    rules.allow.push_back({"*.com", std::nullopt});
    FakeAddresses addresses;
    const auto answer = answer_dns(bytes, rules, addresses);
    if (!answer) return;
    hold(answer->packet.size() >= 12 && answer->packet.size() <= 512);
    hold(answer->packet.substr(0, 2) == bytes.substr(0, 2));
    hold(!answer_dns(answer->packet, rules, addresses));  // two stubs can never talk to each other without end
}

void read_socks(std::string_view bytes) {
    hold(read_socks_greeting(bytes).size <= bytes.size());
    const SocksRequest request = read_socks_request(bytes);
    hold(request.size <= bytes.size() && request.host.size() <= 255);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    read_host(bytes);
    read_http(bytes);
    read_hello(bytes);
    read_dns(bytes);
    read_socks(bytes);
    return 0;
}
