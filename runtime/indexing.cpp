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

#include "tools/web/document.h"
#include "tools/web/url.h"

namespace heddle {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t batch_files = 256, batch_bytes = 8 << 20;  // a transaction each: a fraction of a second

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
    Update(DocumentIndex& index, const Collection& collection) : index_(index), collection_(collection) {}

    IndexingReport run(const IndexingProgress& progress) {
        const auto known = index_.files(collection_.id);
        const Files files = walk(collection_.root, report_);
        forget(known, files);
        std::int64_t done = 0;
        for (const auto& [path, state] : files.found) {
            if (progress) progress(++done, static_cast<std::int64_t>(files.found.size()), path);
            const auto before = known.find(path);
            if (before != known.end() && before->second == state) continue;
            read(path, state, before != known.end());
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

    void read(const std::string& path, const FileState& state, bool is_known) {
        IndexedFile file{path, state, tools::web::local_url(collection_.name, path), std::nullopt};
        if (static_cast<std::size_t>(state.size) > tools::web::document_bytes_max) {
            ++report_.too_large;
        } else {
            const auto bytes = read_file(collection_.root / path, report_);
            if (!bytes) return;  // and another time perhaps
            file.content = tools::web::read_document(*bytes, path, file.url);
            if (!file.content) ++report_.not_text;
        }
        if (file.content) {
            if (file.content->title.empty()) file.content->title = path;
            ++(is_known ? report_.changed : report_.added);
            bytes_ += file.content->text.size();
        }
        batch_.push_back(std::move(file));
        if (batch_.size() >= batch_files || bytes_ >= batch_bytes) flush();
    }

    void flush() {
        if (!batch_.empty()) index_.put(collection_.id, batch_);
        batch_.clear();
        bytes_ = 0;
    }

    DocumentIndex& index_;
    const Collection& collection_;
    IndexingReport report_;
    std::vector<IndexedFile> batch_;
    std::size_t bytes_ = 0;  // of the batch's texts
};

}  // namespace

IndexingReport update_collection(DocumentIndex& index, const Collection& collection, const IndexingProgress& progress) {
    return Update(index, collection).run(progress);
}

}  // namespace heddle
