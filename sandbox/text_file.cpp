// sandbox/text_file.cpp: Small files by descriptor of their folder.
#include "sandbox/text_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

namespace heddle::sandbox {

std::string read_text_at(int folder, const std::string& path) {
    return read_text_again(Fd(::openat(folder, path.c_str(), O_RDONLY | O_CLOEXEC)));
}

std::string read_text_again(const Fd& file) {
    std::string text;
    char part[4096];
    while (file) {
        const ssize_t count = ::pread(file.get(), part, sizeof part, static_cast<off_t>(text.size()));
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) break;
        text.append(part, static_cast<std::size_t>(count));
    }
    return text;
}

int write_text_at(int folder, const std::string& path, std::string_view text) {
    const Fd file(::openat(folder, path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!file) return errno;
    const ssize_t written = ::write(file.get(), text.data(), text.size());
    if (written < 0) return errno;
    return static_cast<std::size_t>(written) == text.size() ? 0 : EIO;
}

std::uint64_t number_after(std::string_view text, std::string_view name) {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.substr(0, name.size()) != name) continue;
        line.remove_prefix(name.size());
        line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
        std::uint64_t value = 0;
        std::from_chars(line.data(), line.data() + line.size(), value);
        return value;
    }
    return 0;
}

}  // namespace heddle::sandbox
