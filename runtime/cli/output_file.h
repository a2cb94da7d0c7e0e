// runtime/cli/output_file.h: A file for a result, opened before the work that makes it.
#pragma once

#include <fstream>
#include <string>

namespace heddle {

// A wrong path is better known before minutes of work than after. Throws heddle::Error: which file, why.
class OutputFile {
 public:
    explicit OutputFile(std::string path);
    void write(const std::string& text);  // the whole of it

 private:
    void check() const;

    std::string path_;
    std::ofstream out_;
};

}  // namespace heddle
