// tools/long_output.h: What is too long for a model to read at once, whole, in a file that its tools can read.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "sandbox/fd.h"

namespace heddle::tools {

// The folder of a conversation's long outputs; guests see it at the same path and cannot write there. It goes with this
// object if nothing was kept. From any thread.
class OutputFolder {
 public:
    // Makes a folder of a name of its own in `parent`, which is made, too, for this user alone. Throws Error.
    explicit OutputFolder(const std::filesystem::path& parent);
    ~OutputFolder();
    OutputFolder(const OutputFolder&) = delete;
    OutputFolder& operator=(const OutputFolder&) = delete;

    const std::filesystem::path& path() const { return path_; }
    const sandbox::Fd& folder() const { return folder_; }
    bool holds(const std::filesystem::path& path) const;  // whether it lies in there, by its name

 private:
    std::filesystem::path path_;
    sandbox::Fd folder_;
};

// One output while it comes.
class LongOutput {
 public:
    static constexpr std::uint64_t bytes_max = 64u << 20;  // of a file; what comes after is counted

    // Without a folder nothing is kept.
    explicit LongOutput(const OutputFolder* folder) : folder_(folder) {}

    // A file is made once there is more than a model reads at once (text_bytes_max).
    void add(std::string_view bytes);

    // Where it lies and how long it is, in words for the model; empty where no file was made.
    std::string note() const;

 private:
    void write(std::string_view bytes);

    const OutputFolder* folder_;
    std::string begun_;  // until there is a file
    std::filesystem::path file_;
    sandbox::Fd out_;
    std::uint64_t written_ = 0, total_ = 0;
    int error_ = 0;  // after which nothing more is written
};

}  // namespace heddle::tools
