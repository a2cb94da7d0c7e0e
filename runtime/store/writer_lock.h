// runtime/store/writer_lock.h: A lock on one byte of a lock file: one holder among all processes, freed by any death.
#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>

namespace heddle {

// Held from take() to the destructor. The file is made when missing, holds nothing, and is never the database itself:
// SQLite's own locks on that would be dropped when any other descriptor of it is closed.
class WriterLock {
 public:
    static std::optional<WriterLock> try_take(const std::filesystem::path& file,
                                              std::int64_t byte);                  // none: it is held
    static WriterLock take(const std::filesystem::path& file, std::int64_t byte);  // waits for it

 private:
    struct Closer {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    using File = std::unique_ptr<std::FILE, Closer>;
    explicit WriterLock(File file) : file_(std::move(file)) {}
    static std::optional<WriterLock> lock(const std::filesystem::path& file, std::int64_t byte, int command);

    File file_;
};

}  // namespace heddle
