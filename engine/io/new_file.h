// engine/io/new_file.h: A file that appears under its name whole, or not at all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <span>

namespace heddle::engine {

// Written beside its name, for its owner's eyes only, and renamed once it is on the disk: a reader, a crash or a second
// writer never sees half of it. Without `commit` nothing is left. Failures are Error, which names the file.
class NewFile {
 public:
    explicit NewFile(std::filesystem::path path);
    ~NewFile();
    NewFile(const NewFile&) = delete;
    NewFile& operator=(const NewFile&) = delete;

    void write_at(std::uint64_t offset, std::span<const std::byte> bytes);
    void commit();

    static constexpr const char* temporary_suffix = ".part";  // what is left of a writer that was killed

 private:
    struct Closer {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    using Handle = std::unique_ptr<std::FILE, Closer>;
    [[noreturn]] void fail(const char* doing) const;

    std::filesystem::path path_, temporary_;
    Handle file_;  // none once committed
};

}  // namespace heddle::engine
