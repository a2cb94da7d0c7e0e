// runtime/cli/output_file.h: A file for a result, opened before the work that makes it.
#pragma once

#include <fstream>
#include <string>
#include <string_view>

namespace heddle {

// A wrong path is better known before minutes of work than after. Throws heddle::Error: which file, why.
class OutputFile {
 public:
    explicit OutputFile(std::string path);
    void write(std::string_view bytes);  // once or more; then finish
    void finish();

 private:
    void check() const;

    std::string path_;
    std::ofstream out_;
};

}  // namespace heddle
