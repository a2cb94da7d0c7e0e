// sandbox/net/fake_addresses.cpp: The name in place n has the address 127.1.0.1 + n.
#include "sandbox/net/fake_addresses.h"

#include <cstdint>

namespace heddle::sandbox {

namespace {

constexpr std::uint32_t first = 127u << 24 | 1u << 16 | 1u;

}  // namespace

std::optional<boost::asio::ip::address_v4> FakeAddresses::address_of(const std::string& name) {
    const std::lock_guard lock(mutex_);
    auto found = place_.find(name);
    if (found == place_.end()) {
        if (names_.size() == names_max) return std::nullopt;
        found = place_.emplace(name, names_.size()).first;
        names_.push_back(name);
    }
    return boost::asio::ip::address_v4(static_cast<std::uint32_t>(first + found->second));
}

std::optional<std::string> FakeAddresses::name_of(const boost::asio::ip::address_v4& address) const {
    const std::lock_guard lock(mutex_);
    const std::uint32_t place = address.to_uint() - first;
    if (address.to_uint() < first || place >= names_.size()) return std::nullopt;
    return names_[place];
}

}  // namespace heddle::sandbox
