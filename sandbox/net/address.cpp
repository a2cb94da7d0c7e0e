// sandbox/net/address.cpp: The special ranges of the IANA registries, IPv4 as a table, IPv6 by what is left.
#include "sandbox/net/address.h"

#include <array>
#include <cstdint>

namespace heddle::sandbox {

namespace {

using boost::asio::ip::address;
using boost::asio::ip::address_v4;
using boost::asio::ip::address_v6;

struct RangeV4 {
    std::uint32_t first;
    int bits;
    const char* what;
    bool is_private;  // opened by allow_private
};

constexpr std::uint32_t v4(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
    return a << 24 | b << 16 | c << 8 | d;
}

// https://www.iana.org/assignments/iana-ipv4-special-registry; the first that matches counts. The two single addresses
// are where clouds keep metadata and credentials (the second is Alibaba's).
constexpr std::array ranges_v4{
    RangeV4{v4(169, 254, 169, 254), 32, "the metadata service of a cloud", false},
    RangeV4{v4(100, 100, 100, 200), 32, "the metadata service of a cloud", false},
    RangeV4{v4(0, 0, 0, 0), 8, "an unspecified address", false},
    RangeV4{v4(127, 0, 0, 0), 8, "a loopback address", true},
    RangeV4{v4(10, 0, 0, 0), 8, "a private address", true},
    RangeV4{v4(172, 16, 0, 0), 12, "a private address", true},
    RangeV4{v4(192, 168, 0, 0), 16, "a private address", true},
    RangeV4{v4(100, 64, 0, 0), 10, "an address behind a carrier's NAT", true},
    RangeV4{v4(169, 254, 0, 0), 16, "a link-local address", false},
    RangeV4{v4(192, 0, 0, 0), 24, "an address of a protocol", false},
    RangeV4{v4(192, 0, 2, 0), 24, "an address for documentation", false},
    RangeV4{v4(198, 51, 100, 0), 24, "an address for documentation", false},
    RangeV4{v4(203, 0, 113, 0), 24, "an address for documentation", false},
    RangeV4{v4(192, 88, 99, 0), 24, "a relay from IPv6 to IPv4", false},
    RangeV4{v4(198, 18, 0, 0), 15, "an address for benchmarks", false},
    RangeV4{v4(224, 0, 0, 0), 4, "a multicast address", false},
    RangeV4{v4(255, 255, 255, 255), 32, "the broadcast address", false},
    RangeV4{v4(240, 0, 0, 0), 4, "a reserved address", false},
};

std::string refuse_v4(const address_v4& address, bool allow_private) {
    for (const RangeV4& range : ranges_v4) {
        const std::uint32_t mask = ~std::uint32_t{0} << (32 - range.bits);
        if ((address.to_uint() & mask) != range.first) continue;
        return range.is_private && allow_private ? "" : range.what;
    }
    return "";
}

struct RangeV6 {
    const char* first;
    int bits;
    const char* what;
    bool is_private;
};

// https://www.iana.org/assignments/iana-ipv6-special-registry; what none of them names must be global unicast.
constexpr std::array ranges_v6{
    RangeV6{"fd00:ec2::254", 128, "the metadata service of a cloud", false},
    RangeV6{"fd20:ce::254", 128, "the metadata service of a cloud", false},
    RangeV6{"::", 128, "an unspecified address", false},
    RangeV6{"::1", 128, "a loopback address", true},
    RangeV6{"::ffff:0:0", 96, "IPv4 written as IPv6", false},
    RangeV6{"::", 96, "IPv4 written as IPv6", false},
    RangeV6{"64:ff9b:1::", 48, "a translated private address", false},
    RangeV6{"fc00::", 7, "a private address", true},
    RangeV6{"fe80::", 10, "a link-local address", false},
    RangeV6{"ff00::", 8, "a multicast address", false},
    RangeV6{"2001::", 32, "a Teredo tunnel", false},
    RangeV6{"2001::", 23, "an address of a protocol", false},
    RangeV6{"2001:db8::", 32, "an address for documentation", false},
    RangeV6{"3fff::", 20, "an address for documentation", false},
    RangeV6{"2002::", 16, "a 6to4 tunnel", false},
};

bool starts_alike(const address_v6::bytes_type& a, const address_v6::bytes_type& b, int bits) {
    for (std::size_t i = 0; bits > 0; ++i, bits -= 8) {
        const int mask = bits >= 8 ? 0xff : 0xff << (8 - bits) & 0xff;
        if (((a[i] ^ b[i]) & mask) != 0) return false;
    }
    return true;
}

std::string refuse_v6(const address_v6& address, bool allow_private) {
    if (address.scope_id() != 0) return "an address with a zone";
    const auto bytes = address.to_bytes();
    // Where a network translates IPv6 to IPv4 (RFC 6052), its name servers give this form for every IPv4 host.
    if (starts_alike(bytes, boost::asio::ip::make_address_v6("64:ff9b::").to_bytes(), 96)) {
        const std::string inside = refuse_v4(address_v4({bytes[12], bytes[13], bytes[14], bytes[15]}), false);
        return inside.empty() ? "" : inside + ", translated";
    }
    for (const RangeV6& range : ranges_v6) {
        if (!starts_alike(bytes, boost::asio::ip::make_address_v6(range.first).to_bytes(), range.bits)) continue;
        return range.is_private && allow_private ? "" : range.what;
    }
    const bool is_global_unicast = (bytes[0] & 0xe0) == 0x20;  // 2000::/3
    return is_global_unicast ? "" : "a reserved address";
}

}  // namespace

std::string refuse_address(const address& address, bool allow_private) {
    return address.is_v4() ? refuse_v4(address.to_v4(), allow_private) : refuse_v6(address.to_v6(), allow_private);
}

}  // namespace heddle::sandbox
