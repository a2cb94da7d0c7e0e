// runtime/indexing.cpp: The files of a folder against those that the index knows.
#include "runtime/indexing.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>

#include "tools/web/url.h"

namespace heddle {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t batch_files = 256,
                      batch_bytes = 8 << 20;  // a guest and a transaction each: a fraction of a second

struct Files {
    std::map<std::string, FileState> found;  // by path below the root
    std::vector<std::string> unread;         // folders, "" or with a slash at the end
};

FileState state_of(const struct stat& status) {
    return {status.st_size, static_cast<std::int64_t>(status.st_mtim.tv_sec) * 1'000'000'000 + status.st_mtim.tv_nsec};
}

Files walk(const fs::path& root, IndexingReport& report) {
    Files files;
    std::vector<std::string> open{""};
    while (!open.empty()) {
        const std::string folder = open.back();
        open.pop_back();
        std::error_code error;
        fs::directory_iterator entries(root / folder, error);
        while (!error && entries != fs::directory_iterator()) {
            const std::string name = entries->path().filename();
            struct stat status {};
            if (!name.starts_with('.') && ::lstat(entries->path().c_str(), &status) == 0) {
                if (S_ISDIR(status.st_mode)) open.push_back(folder + name + "/");
                if (S_ISREG(status.st_mode)) files.found[folder + name] = state_of(status);
            }
            entries.increment(error);
        }
        if (!error) continue;
        report.unreadable.push_back(fmt::format("{}: {}", (root / folder).string(), error.message()));
        files.unread.push_back(folder);
    }
    return files;
}

std::optional<std::string> read_file(const fs::path& path, IndexingReport& report) {
    std::ifstream in(path, std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(in), {}};
    if (in.is_open() && !in.bad()) return bytes;
    report.unreadable.push_back(fmt::format("{}: {}", path.string(), std::strerror(errno)));
    return std::nullopt;
}

class Update {
 public:
    Update(DocumentIndex& index, tools::web::Reader& reader, const Collection& collection)
        : index_(index), reader_(reader), collection_(collection) {}

    IndexingReport run(const IndexingProgress& progress) {
        const auto known = index_.files(collection_.id);
        const Files files = walk(collection_.root, report_);
        forget(known, files);
        std::int64_t done = 0;
        for (const auto& [path, state] : files.found) {
            if (progress) progress(++done, static_cast<std::int64_t>(files.found.size()), path);
            const auto before = known.find(path);
            if (before != known.end() && before->second == state) continue;
            add(path, state, before != known.end());
        }
        flush();
        for (const auto& one : index_.collections()) {
            if (one.id == collection_.id) report_.documents = one.documents;
        }
        return report_;
    }

 private:
    void forget(const std::map<std::string, FileState>& known, const Files& files) {
        std::vector<std::string> gone;
        for (const auto& [path, state] : known) {
            const bool out_of_sight = std::ranges::any_of(
                files.unread, [&name = path](const std::string& folder) { return name.starts_with(folder); });
            if (!out_of_sight && !files.found.contains(path)) gone.push_back(path);
        }
        if (!gone.empty()) index_.remove(collection_.id, gone);
        report_.removed = static_cast<std::int64_t>(gone.size());
    }

    void add(const std::string& path, const FileState& state, bool is_known) {
        IndexedFile file{path, state, tools::web::local_url(collection_.name, path), std::nullopt};
        if (static_cast<std::size_t>(state.size) > tools::web::document_bytes_max) {
            ++report_.too_large;
            settled_.push_back(std::move(file));
        } else {
            auto bytes = read_file(collection_.root / path, report_);
            if (!bytes) return;  // and another time perhaps
            bytes_ += bytes->size();
            sources_.push_back({*std::move(bytes), path, {}, file.url});
            unread_.push_back({std::move(file), is_known});
        }
        if (unread_.size() + settled_.size() >= batch_files || bytes_ >= batch_bytes) flush();
    }

    void flush() {
        if (!sources_.empty()) read();
        if (!settled_.empty()) index_.put(collection_.id, settled_);
        settled_.clear();
    }

    void read() {
        auto readings = reader_.parse(sources_, {});
        for (std::size_t i = 0; i < readings.size(); ++i) {
            auto& [file, is_known] = unread_[i];
            file.content = std::move(readings[i].document);
            if (file.content) {
                if (file.content->title.empty()) file.content->title = file.path;
                ++(is_known ? report_.changed : report_.added);
            } else if (readings[i].problem.empty()) {
                ++report_.not_text;
            } else {
                report_.unreadable.push_back(
                    fmt::format("{}: {}", (collection_.root / file.path).string(), readings[i].problem));
            }
            settled_.push_back(std::move(file));
        }
        sources_.clear();
        unread_.clear();
        bytes_ = 0;
    }

    struct Unread {
        IndexedFile file;
        bool is_known = false;
    };

    DocumentIndex& index_;
    tools::web::Reader& reader_;
    const Collection& collection_;
    IndexingReport report_;
    std::vector<IndexedFile> settled_;         // to be put
    std::vector<tools::web::Source> sources_;  // to be read: those of
    std::vector<Unread> unread_;
    std::size_t bytes_ = 0;  // of the sources
};

}  // namespace

IndexingReport update_collection(DocumentIndex& index, tools::web::Reader& reader, const Collection& collection,
                                 const IndexingProgress& progress) {
    return Update(index, reader, collection).run(progress);
}

}  // namespace heddle
