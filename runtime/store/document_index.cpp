// runtime/store/document_index.cpp: Collections, files and their texts in SQLite.
#include "runtime/store/document_index.h"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>
#include <string_view>

#include "runtime/error.h"
#include "runtime/store/database.h"
#include "runtime/store/document_format.h"
#include "runtime/store/words.h"

namespace heddle {

namespace fs = std::filesystem;

namespace {

Blob blob_of(const std::string& bytes) {
    return {reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()};
}

std::string bytes_of(Blob blob) {
    return {reinterpret_cast<const char*>(blob.data()), blob.size()};
}

// Of letters, digits, - and .: it is a URL's host.
std::string host_name_of(const fs::path& root) {
    std::string name;
    for (const char c : root.filename().string()) {
        const bool kept = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.';
        name += kept ? c : '-';
    }
    return name.empty() ? "root" : name;
}

std::unique_ptr<Database> open_index(const fs::path& file) {
    std::error_code error;
    fs::create_directories(file.parent_path(), error);
    if (error) throw Error(fmt::format("cannot make {}: {}", file.parent_path().string(), error.message()));
    auto database = std::make_unique<Database>(file, Database::Access::write);
    register_words(database->handle());
    migrate(*database, document_format());
    return database;
}

}  // namespace

struct DocumentIndex::State {
    explicit State(const fs::path& file) : owner(open_index(file)) {}

    std::unique_ptr<Database> owner;
    Database& database = *owner;
    Statement find{database, "look up a file", "select id from document where collection = ?1 and path = ?2"};
    Statement drop_text{database, "replace a document", "delete from passage where rowid = ?1"};
    Statement drop{database, "replace a document", "delete from document where id = ?1"};
    Statement add{
        database, "add a document",
        "insert into document(collection, path, size, modified_ns, url, links) values(?1, ?2, ?3, ?4, ?5, ?6)"};
    Statement add_text{database, "add a document", "insert into passage(rowid, title, text) values(?1, ?2, ?3)"};

    void forget(std::int64_t collection, const std::string& path) {
        std::optional<std::int64_t> id;
        {
            Row row = find.run(collection, blob_of(path));
            if (row.next()) id = row.integer(0);
        }
        if (!id) return;
        drop_text.execute(*id);
        drop.execute(*id);
    }
};

DocumentIndex::DocumentIndex(const fs::path& file) : state_(new State(file)) {}

DocumentIndex::~DocumentIndex() {
    state_->database.checkpoint();
}

std::vector<Collection> DocumentIndex::collections() {
    Statement all(state_->database, "list the folders",
                  "select id, root, name, (select count(*) from document where collection = collection.id and url is "
                  "not null) from collection order by root");
    std::vector<Collection> found;
    Row row = all.run();
    while (row.next()) found.push_back({row.integer(0), bytes_of(row.blob(1)), row.text(2), row.integer(3)});
    return found;
}

Collection DocumentIndex::collection(const fs::path& root) {
    Transaction all(state_->database, "add a folder");
    for (const auto& known : collections()) {
        if (known.root == root) return known;
    }
    Statement taken(state_->database, "name a folder", "select 1 from collection where name = ?1");
    const std::string name = host_name_of(root);
    std::string free_name = name;
    for (int i = 2; taken.run(free_name).next(); ++i) free_name = fmt::format("{}-{}", name, i);
    Statement add(state_->database, "add a folder", "insert into collection(root, name) values(?1, ?2)");
    add.execute(blob_of(root.string()), free_name);
    const Collection made{state_->database.last_insert_id(), root, free_name, 0};
    all.commit();
    return made;
}

void DocumentIndex::remove_collection(std::int64_t id) {
    Transaction all(state_->database, "remove a folder");
    Statement texts(state_->database, "remove a folder",
                    "delete from passage where rowid in (select id from document where collection = ?1)");
    texts.execute(id);
    Statement folder(state_->database, "remove a folder", "delete from collection where id = ?1");
    folder.execute(id);
    all.commit();
}

std::map<std::string, FileState> DocumentIndex::files(std::int64_t collection) {
    Statement all(state_->database, "list the files",
                  "select path, size, modified_ns from document where collection = ?1");
    std::map<std::string, FileState> found;
    Row row = all.run(collection);
    while (row.next()) found[bytes_of(row.blob(0))] = {row.integer(1), row.integer(2)};
    return found;
}

void DocumentIndex::put(std::int64_t collection, const std::vector<IndexedFile>& files) {
    Transaction all(state_->database, "add documents");
    for (const auto& file : files) {
        state_->forget(collection, file.path);
        const auto& [size, modified_ns] = file.state;
        if (!file.content) {
            state_->add.execute(collection, blob_of(file.path), size, modified_ns, std::nullopt, std::nullopt);
            continue;
        }
        state_->add.execute(collection, blob_of(file.path), size, modified_ns, file.url,
                            nlohmann::json(file.content->links).dump());
        state_->add_text.execute(state_->database.last_insert_id(), file.content->title, file.content->text);
    }
    all.commit();
}

void DocumentIndex::remove(std::int64_t collection, const std::vector<std::string>& paths) {
    Transaction all(state_->database, "remove documents");
    for (const auto& path : paths) state_->forget(collection, path);
    all.commit();
}

}  // namespace heddle
