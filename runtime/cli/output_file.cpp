// runtime/cli/output_file.cpp: Opens early, closes with care, says which file failed and why.
#include "runtime/cli/output_file.h"

#include <fmt/core.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "runtime/error.h"

namespace heddle {

OutputFile::OutputFile(std::string path) : path_(std::move(path)), out_(path_, std::ios::binary) {
    check();
}

void OutputFile::write(std::string_view bytes) {
    out_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

void OutputFile::finish() {
    out_.close();
    check();
}

void OutputFile::check() const {
    if (!out_) throw Error(fmt::format("cannot write {}: {}", path_, std::strerror(errno)));
}

}  // namespace heddle
