// engine/io/tensor_files.cpp: Finds a folder's files and makes one catalogue of them.
#include "engine/io/tensor_files.h"

#include <fmt/core.h>

#include <set>
#include <utility>

#include "engine/error.h"

namespace heddle::engine {

namespace {

constexpr std::uint64_t index_bytes_max = 256 << 20;  // V3.2's has 9 MB

// The index may name files beside it, not files anywhere.
void check_file_name(const nlohmann::json& name, const std::filesystem::path& index) {
    const std::string text = name.is_string() ? name.get<std::string>() : "";
    if (text.empty() || text.find('/') != std::string::npos || text.find('\0') != std::string::npos ||
        !text.ends_with(".safetensors"))
        throw Error(fmt::format("cannot load {}: {} is not the name of a .safetensors file beside it", index.string(),
                                name.is_string() ? in_quotes(text) : "a value"));
}

}  // namespace

TensorFiles TensorFiles::open(const std::filesystem::path& folder) {
    TensorFiles files(folder);
    const auto single = folder / "model.safetensors";
    const auto index = folder / "model.safetensors.index.json";
    if (std::filesystem::exists(single)) {
        files.add(single);
        return files;
    }
    if (!std::filesystem::exists(index))
        throw Error(fmt::format("cannot load {}: it holds neither model.safetensors nor model.safetensors.index.json",
                                folder.string()));
    const auto json = read_json_object(index, index_bytes_max);
    const auto map = json.find("weight_map");
    if (map == json.end() || !map->is_object())
        throw Error(fmt::format("cannot load {}: it has no \"weight_map\"", index.string()));
    std::set<std::string> names;
    for (const auto& [tensor, name] : map->items()) {
        check_file_name(name, index);
        names.insert(name.get<std::string>());
    }
    for (const auto& name : names) files.add(folder / name);
    files.check_index(*map, index);
    return files;
}

void TensorFiles::add(const std::filesystem::path& path) {
    files_.push_back(std::make_unique<File>(path));
    const File* file = files_.back().get();
    for (auto& tensor : read_safetensors_header(*file)) {
        const std::string name = tensor.name;
        const auto [entry, added] = entries_.try_emplace(name, Entry{std::move(tensor), file});
        if (!added)
            throw Error(fmt::format("cannot load {}: tensor {} stands in {} too", path.string(), in_quotes(name),
                                    entry->second.file->path().filename().string()));
    }
}

void TensorFiles::check_index(const nlohmann::json& weight_map, const std::filesystem::path& index) const {
    for (const auto& [tensor, name] : weight_map.items()) {
        const auto* entry = find(tensor);
        if (entry == nullptr || entry->file->path().filename() != name.get<std::string>())
            throw Error(fmt::format("cannot load {}: it says that tensor {} is in {}, which does not have it",
                                    index.string(), in_quotes(tensor), in_quotes(name.get<std::string>())));
    }
    for (const auto& [name, entry] : entries_) {
        if (!weight_map.contains(name))
            throw Error(fmt::format("cannot load {}: tensor {} of {} is not in it", index.string(), in_quotes(name),
                                    entry.file->path().filename().string()));
    }
}

const TensorFiles::Entry* TensorFiles::find(const std::string& name) const {
    const auto found = entries_.find(name);
    return found == entries_.end() ? nullptr : &found->second;
}

}  // namespace heddle::engine
