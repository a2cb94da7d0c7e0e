// sandbox/message_bytes.h: Messages between processes as bytes: a mark, little-endian numbers of 64 bits, texts with
// their length before them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

namespace heddle::sandbox {

class MessageWriter {
 public:
    explicit MessageWriter(std::string_view mark) : bytes_(mark) {}

    void number(std::uint64_t value) {
        for (int shift = 0; shift < 64; shift += 8) bytes_.push_back(static_cast<char>(value >> shift));
    }
    void text(std::string_view value) {
        number(value.size());
        bytes_.append(value);
    }
    std::string take() { return std::move(bytes_); }

 private:
    std::string bytes_;
};

// Of bytes that may come from anywhere. `refuse` throws what the caller throws for a message that is none; it is told
// why.
class MessageReader {
 public:
    using Refuse = void (*)(const char* why);
    static constexpr std::uint64_t any = std::numeric_limits<std::uint64_t>::max();

    // The bytes outlive this.
    MessageReader(std::string_view mark, std::string_view bytes, Refuse refuse) : rest_(bytes), refuse_(refuse) {
        demand(rest_.starts_with(mark), "it is of another build");
        rest_.remove_prefix(mark.size());
    }

    std::uint64_t number(std::uint64_t most = any) {
        demand(rest_.size() >= 8, "it ends too early");
        std::uint64_t value = 0;
        for (std::size_t i = 8; i-- > 0;) value = value << 8 | static_cast<unsigned char>(rest_[i]);
        rest_.remove_prefix(8);
        demand(value <= most, "a number is out of its range");
        return value;
    }
    std::string_view view(std::uint64_t most = any) {
        const std::uint64_t size = number(most);
        demand(size <= rest_.size(), "a text is longer than the message");
        const std::string_view value = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return value;
    }
    std::string text(std::uint64_t most = any) { return std::string(view(most)); }
    // For what becomes a C string: a zero byte would silently cut it.
    std::string c_text() {
        std::string value = text();
        demand(value.find('\0') == std::string::npos, "a text holds a zero byte");
        return value;
    }
    // Of a list whose elements take 8 bytes each at least.
    std::uint64_t count(std::uint64_t most = any) { return number(std::min<std::uint64_t>(most, rest_.size() / 8)); }
    void end() const { demand(rest_.empty(), "something is left over"); }

 private:
    void demand(bool holds, const char* why) const {
        if (!holds) refuse_(why);
    }

    std::string_view rest_;
    Refuse refuse_;
};

}  // namespace heddle::sandbox
