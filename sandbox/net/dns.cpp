// sandbox/net/dns.cpp: RFC 1035 section 4, one question a packet, names without compression.
#include "sandbox/net/dns.h"

#include <cstdint>

#include "sandbox/net/host.h"

namespace heddle::sandbox {

namespace {

constexpr std::size_t header_size = 12, name_size_max = 255, label_size_max = 63;
constexpr unsigned type_a = 1, type_aaaa = 28, class_in = 1;
constexpr unsigned flag_response = 0x8000, opcode_mask = 0x7800, flag_recursion_desired = 0x0100,
                   flag_recursion_available = 0x0080;
constexpr unsigned no_error = 0, format_error = 1, server_failure = 2, not_implemented = 4, refused = 5;
constexpr unsigned time_to_live_s = 60;

unsigned number_at(std::string_view packet, std::size_t at) {
    return static_cast<unsigned>(static_cast<unsigned char>(packet[at])) << 8 |
           static_cast<unsigned char>(packet[at + 1]);
}

void put(std::string& packet, unsigned value) {
    packet.push_back(static_cast<char>(value >> 8));
    packet.push_back(static_cast<char>(value));
}

struct Question {
    std::string name;   // labels with dots between; any bytes
    std::string bytes;  // as it came, to be sent back
    unsigned type = 0, klass = 0;
};

std::optional<Question> read_question(std::string_view packet) {
    Question question;
    std::size_t at = header_size;
    while (true) {
        if (at >= packet.size() || at - header_size >= name_size_max) return std::nullopt;
        const std::size_t length = static_cast<unsigned char>(packet[at++]);
        if (length == 0) break;
        if (length > label_size_max || length > packet.size() - at) return std::nullopt;  // or a compressed name
        if (!question.name.empty()) question.name.push_back('.');
        // A dot within a label would make another name of it: it becomes what no host name holds.
        for (const char c : packet.substr(at, length)) question.name.push_back(c == '.' ? '/' : c);
        at += length;
    }
    if (packet.size() - at < 4) return std::nullopt;
    question.type = number_at(packet, at);
    question.klass = number_at(packet, at + 2);
    question.bytes = packet.substr(header_size, at + 4 - header_size);
    return question;
}

std::string reply(std::string_view query, unsigned code, std::string_view question, unsigned answers) {
    const unsigned kept = number_at(query, 2) & (opcode_mask | flag_recursion_desired);
    std::string packet(query.substr(0, 2));
    put(packet, flag_response | kept | flag_recursion_available | code);
    put(packet, question.empty() ? 0 : 1);
    put(packet, answers);
    put(packet, 0);
    put(packet, 0);
    packet.append(question);
    return packet;
}

std::string address_record(const boost::asio::ip::address_v4& address) {
    std::string record("\xc0\x0c", 2);  // the name of the question
    put(record, type_a);
    put(record, class_in);
    put(record, 0);
    put(record, time_to_live_s);
    put(record, 4);
    for (const unsigned char byte : address.to_bytes()) record.push_back(static_cast<char>(byte));
    return record;
}

}  // namespace

std::optional<DnsAnswer> answer_dns(std::string_view query, const NetRules& rules, FakeAddresses& addresses) {
    if (query.size() < header_size || (number_at(query, 2) & flag_response) != 0) return std::nullopt;
    if ((number_at(query, 2) & opcode_mask) != 0) return DnsAnswer{reply(query, not_implemented, "", 0), ""};
    const bool is_one_question = number_at(query, 4) == 1 && number_at(query, 6) == 0 && number_at(query, 8) == 0;
    const auto question = is_one_question ? read_question(query) : std::nullopt;
    if (!question) return DnsAnswer{reply(query, format_error, "", 0), ""};

    const auto answer = [&](unsigned code) { return DnsAnswer{reply(query, code, question->bytes, 0), ""}; };
    if (question->klass != class_in) return answer(refused);
    const auto name = normal_host(question->name, nullptr);
    if (!name || !may_be_named(rules, *name)) {
        DnsAnswer no = answer(refused);
        // Resolvers ask for A and AAAA at once; one line a name is enough.
        if (question->type != type_aaaa) no.refused_name = plain_line(question->name);
        return no;
    }
    if (question->type == type_aaaa) return answer(no_error);
    if (question->type != type_a) return answer(not_implemented);
    const auto address = addresses.address_of(*name);
    if (!address) return answer(server_failure);
    return DnsAnswer{reply(query, no_error, question->bytes, 1) + address_record(*address), ""};
}

}  // namespace heddle::sandbox
