// sandbox/net/address.h: Which addresses a name from outside may not lead to.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <string>

namespace heddle::sandbox {

// "" for an address of the public internet, else what it is: "a loopback address". An answer of a name server is text
// from a stranger: it must not lead into the host, its networks, or the metadata service of its cloud. With
// `allow_private`, loopback and private networks pass; metadata, link-local, multicast and odd forms never do.
std::string refuse_address(const boost::asio::ip::address& address, bool allow_private = false);

}  // namespace heddle::sandbox
