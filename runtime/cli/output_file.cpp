// runtime/cli/output_file.cpp: Opens early, writes whole, says which file failed and why.
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

void OutputFile::write(const std::string& text) {
    out_ << text;
    out_.close();
    check();
}

void OutputFile::check() const {
    if (!out_) throw Error(fmt::format("cannot write {}: {}", path_, std::strerror(errno)));
}

}  // namespace heddle
