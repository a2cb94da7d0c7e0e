// runtime/store/document_index.h: The index of the user's documents, as it is written.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tools/web/page.h"

namespace heddle {

struct Collection {
    std::int64_t id = 0;
    std::filesystem::path root;  // canonical
    std::string name;            // the host of its documents' URLs
    std::int64_t documents = 0;
};

// What tells whether a file has changed since it was read.
struct FileState {
    std::int64_t size = 0, modified_ns = 0;

    bool operator==(const FileState&) const = default;
};

struct IndexedFile {
    std::string path;  // below the root
    FileState state;
    std::string url;                              // of the document, if it is one
    std::optional<tools::web::Document> content;  // none: no text
};

// One writer at a time is waited for; readers stand beside it. Everything throws Error.
class DocumentIndex {
 public:
    explicit DocumentIndex(const std::filesystem::path& file);  // made when it is missing, with its folder
    ~DocumentIndex();
    DocumentIndex(const DocumentIndex&) = delete;
    DocumentIndex& operator=(const DocumentIndex&) = delete;

    std::vector<Collection> collections();                     // by root
    Collection collection(const std::filesystem::path& root);  // made when it is new; `root` is canonical
    void remove_collection(std::int64_t id);                   // with its documents

    std::map<std::string, FileState> files(std::int64_t collection);
    void put(std::int64_t collection, const std::vector<IndexedFile>& files);  // all or none, in place of older ones
    void remove(std::int64_t collection, const std::vector<std::string>& paths);

 private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace heddle
