// engine/io/file.h: A regular file read in full pieces at stated offsets, and small files read whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>

namespace heddle::engine {

// Reading copies into memory of our own: a mapping would turn a file that shrinks later into a SIGBUS.
class File {
 public:
    explicit File(std::filesystem::path path);  // throws Error when it is missing, unreadable or not a regular file

    const std::filesystem::path& path() const { return path_; }
    std::uint64_t size() const { return size_; }  // when it was opened

    // Fills `into` from `offset`, or throws Error that says where the file ends. `what` names the bytes in that error.
    void read_at(std::uint64_t offset, std::span<std::byte> into, std::string_view what) const;

 private:
    struct Closer {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };

    std::filesystem::path path_;
    std::unique_ptr<std::FILE, Closer> file_;
    std::uint64_t size_ = 0;
};

// The whole file; throws Error when it is larger than `bytes_max`.
std::string read_whole(const std::filesystem::path& path, std::uint64_t bytes_max);

// Throws Error unless it is JSON with an object at the top, no key twice in one object, and no absurd nesting.
nlohmann::json parse_json_object(std::string_view text, const std::string& place);
nlohmann::json read_json_object(const std::filesystem::path& path, std::uint64_t bytes_max);

// Text of a file as it may stand in an error: quoted, in ASCII, one line, at most about 100 characters.
std::string in_quotes(std::string_view text);

}  // namespace heddle::engine
