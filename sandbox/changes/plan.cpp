// sandbox/changes/plan.cpp: Writes and reads the steps of a commit.
#include "sandbox/changes/plan.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace heddle::sandbox::changes {

namespace {

constexpr std::string_view first_line = "heddle commit 1\n";

std::string hex(std::string_view bytes) {
    std::string text;
    for (const char byte : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
    return text;
}

std::optional<std::string> from_hex(std::string_view text) {
    if (text.size() % 2 != 0) return std::nullopt;
    std::string bytes;
    for (std::size_t at = 0; at < text.size(); at += 2) {
        unsigned char byte = 0;
        const auto end = std::from_chars(text.data() + at, text.data() + at + 2, byte, 16);
        if (end.ec != std::errc() || end.ptr != text.data() + at + 2) return std::nullopt;
        bytes += static_cast<char>(byte);
    }
    return bytes;
}

std::string_view cut(std::string_view& text, char at) {
    const std::size_t size = std::min(text.find(at), text.size());
    const std::string_view front = text.substr(0, size);
    text.remove_prefix(std::min(size + 1, text.size()));
    return front;
}

template <typename Number>
bool read(std::string_view& line, Number& number) {
    const std::string_view word = cut(line, ' ');
    const auto end = std::from_chars(word.data(), word.data() + word.size(), number);
    return end.ec == std::errc() && end.ptr == word.data() + word.size() && !word.empty();
}

bool is_plain(std::string_view path) {
    if (path.empty() || path.find('\0') != std::string_view::npos || path.back() == '/') return false;
    while (!path.empty()) {
        const std::string_view name = cut(path, '/');
        if (name.empty() || name == "." || name == "..") return false;
    }
    return true;
}

std::optional<Step> read_step(std::string_view line) {
    Step step;
    unsigned kind = 0, folder = 0;
    if (!read(line, kind) || kind > static_cast<unsigned>(Step::Kind::set_mode)) return std::nullopt;
    if (!read(line, step.slot) || !read(line, step.inode) || !read(line, folder) || folder > 1) return std::nullopt;
    if (!read(line, step.mode) || !read(line, step.new_mode) || step.mode > 07777 || step.new_mode > 07777)
        return std::nullopt;
    if (!read(line, step.uid) || !read(line, step.gid) || !read(line, step.modified)) return std::nullopt;
    auto path = from_hex(line);
    if (!path || !is_plain(*path)) return std::nullopt;
    step.kind = static_cast<Step::Kind>(kind);
    step.folder = folder == 1;
    step.path = std::move(*path);
    return step;
}

}  // namespace

std::string encode(const Plan& plan) {
    std::string text(first_line);
    for (const Step& step : plan)
        text += fmt::format("{} {} {} {} {} {} {} {} {} {}\n", static_cast<unsigned>(step.kind), step.slot, step.inode,
                            step.folder ? 1 : 0, step.mode, step.new_mode, step.uid, step.gid, step.modified,
                            hex(step.path));
    return text + fmt::format("end {}\n", plan.size());
}

std::optional<Plan> decode(std::string_view text) {
    if (text.substr(0, first_line.size()) != first_line) return std::nullopt;
    text.remove_prefix(first_line.size());
    Plan plan;
    while (text.find('\n') != std::string_view::npos) {
        std::string_view line = cut(text, '\n');
        if (line.substr(0, 4) == "end ") {
            if (line != fmt::format("end {}", plan.size()) || !text.empty()) return std::nullopt;
            return plan;
        }
        auto step = read_step(line);
        if (!step) return std::nullopt;
        plan.push_back(std::move(*step));
    }
    return std::nullopt;
}

}  // namespace heddle::sandbox::changes
