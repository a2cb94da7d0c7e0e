// engine/io/tensor_files.h: All tensors of a model folder by name, from one safetensors file or many with an index.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/io/file.h"
#include "engine/io/safetensors.h"

namespace heddle::engine {

class TensorFiles {
 public:
    struct Entry {
        StoredTensor tensor;
        const File* file = nullptr;
    };

    // Reads the headers. model.safetensors goes before model.safetensors.index.json where a folder has both.
    // Throws Error when neither is there, and when index and files do not name the same tensors.
    static TensorFiles open(const std::filesystem::path& folder);

    const Entry* find(const std::string& name) const;  // nothing when there is no such tensor
    const std::unordered_map<std::string, Entry>& entries() const { return entries_; }
    const std::filesystem::path& folder() const { return folder_; }
    int file_count() const { return static_cast<int>(files_.size()); }

 private:
    explicit TensorFiles(std::filesystem::path folder) : folder_(std::move(folder)) {}
    void add(const std::filesystem::path& path);
    void check_index(const nlohmann::json& weight_map, const std::filesystem::path& index) const;

    std::filesystem::path folder_;
    std::vector<std::unique_ptr<File>> files_;  // entries point at them
    std::unordered_map<std::string, Entry> entries_;
};

}  // namespace heddle::engine
