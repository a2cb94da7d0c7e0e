// sandbox/net/fake_addresses.h: An address out of 127.1.0.0/16 for each name that a guest has asked for, and back.
#pragma once

#include <boost/asio/ip/address_v4.hpp>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace heddle::sandbox {

// A guest's own loopback answers to these addresses, so a program that insists on looking a name up gets one that
// leads nowhere but to a listener that knows the name again. May be asked from any thread.
class FakeAddresses {
 public:
    static constexpr std::size_t names_max = 4096;

    // The same for the same name; nothing once `names_max` names have one.
    std::optional<boost::asio::ip::address_v4> address_of(const std::string& name);
    std::optional<std::string> name_of(const boost::asio::ip::address_v4& address) const;

 private:
    mutable std::mutex mutex_;
    std::map<std::string, std::size_t> place_;
    std::vector<std::string> names_;
};

}  // namespace heddle::sandbox
