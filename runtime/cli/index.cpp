// runtime/cli/index.cpp: heddle index: makes folders of documents searchable for the tools search, open and find.
#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/cli/commands.h"
#include "runtime/cli/standard_output.h"
#include "runtime/config.h"
#include "runtime/error.h"
#include "runtime/indexing.h"
#include "runtime/status_line.h"
#include "runtime/terminal_text.h"
#include "sandbox/sandbox.h"
#include "tools/error.h"
#include "tools/web/reader.h"

namespace heddle {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t unreadable_shown = 5;

struct IndexFlags {
    std::vector<std::string> folders;
    bool list = false;
    std::string remove;
};

bool is_below(const fs::path& path, const fs::path& folder) {
    const auto relative = path.lexically_relative(folder);
    return !relative.empty() && *relative.begin() != "..";
}

std::string counted(std::int64_t count, const char* one, const char* many) {
    return fmt::format("{} {}", count, count == 1 ? one : many);
}

// "docs: 120 documents (3 new, 1 changed, 2 gone); 4 files are no text"
std::string report_line(const Collection& collection, const IndexingReport& report) {
    std::string line =
        fmt::format("{}: {}", collection.root.string(), counted(report.documents, "document", "documents"));
    if (report.added + report.changed + report.removed > 0) {
        line += fmt::format(" ({} new, {} changed, {} gone)", report.added, report.changed, report.removed);
    }
    if (report.not_text > 0) line += fmt::format("; {} no text", counted(report.not_text, "file is", "files are"));
    if (report.too_large > 0) {
        line += fmt::format("; {} larger than 8 MB", counted(report.too_large, "file is", "files are"));
    }
    return line;
}

void tell_unreadable(const std::vector<std::string>& unreadable) {
    for (std::size_t i = 0; i < std::min(unreadable.size(), unreadable_shown); ++i) {
        fmt::print(stderr, "heddle: cannot read {}\n", printable_line(unreadable[i]));
    }
    if (unreadable.size() > unreadable_shown) {
        fmt::print(stderr, "heddle: and {} more cannot be read\n", unreadable.size() - unreadable_shown);
    }
}

void update(DocumentIndex& index, tools::web::Reader& reader, const Collection& collection) {
    std::optional<StatusLine> status(stderr);
    const auto report = update_collection(index, reader, collection,
                                          [&](std::int64_t done, std::int64_t total, const std::string& path) {
                                              if (status->is_due())
                                                  status->draw(fmt::format("{} of {} files, {}", done, total, path));
                                          });
    status.reset();
    tell_unreadable(report.unreadable);
    print_answer(printable_line(report_line(collection, report)) + "\n");
}

// A folder in one that is indexed belongs to that; one around others takes their place.
void add_folder(DocumentIndex& index, tools::web::Reader& reader, const std::string& name) {
    const fs::path root = fs::canonical(name);
    for (const auto& known : index.collections()) {
        if (known.root == root) continue;
        if (is_below(root, known.root)) {
            throw Error(
                fmt::format("{} lies in {}, which is indexed already; heddle index without a folder updates that",
                            root.string(), known.root.string()));
        }
        if (is_below(known.root, root)) {
            index.remove_collection(known.id);
            fmt::print(stderr, "heddle: {} is a part of it now\n", printable_line(known.root.string()));
        }
    }
    update(index, reader, index.collection(root));
}

void update_all(DocumentIndex& index, tools::web::Reader& reader) {
    const auto collections = index.collections();
    if (collections.empty()) throw Error("nothing is indexed yet; name a folder: heddle index DIR");
    for (const auto& collection : collections) update(index, reader, collection);
}

void list(DocumentIndex& index) {
    for (const auto& one : index.collections()) {
        print_answer(printable_line(fmt::format("file://{}/  {}  {}", one.name,
                                                counted(one.documents, "document", "documents"), one.root.string())) +
                     "\n");
    }
}

// By the path that it was added with, also when the folder is gone.
void remove_folder(DocumentIndex& index, const std::string& name) {
    const fs::path root = fs::weakly_canonical(name);
    for (const auto& known : index.collections()) {
        if (known.root != root) continue;
        index.remove_collection(known.id);
        print_answer(printable_line(fmt::format("{}: {} removed from the index", root.string(),
                                                counted(known.documents, "document", "documents"))) +
                     "\n");
        return;
    }
    throw Error(fmt::format("{} is not indexed; heddle index --list says what is", root.string()));
}

// The files are read by guests: some may have come from anywhere.
void read_folders(DocumentIndex& index, const std::vector<std::string>& folders) {
    auto sandbox = sandbox::Sandbox::start();
    tools::web::Reader reader(sandbox);
    if (folders.empty()) update_all(index, reader);
    for (const auto& folder : folders) add_folder(index, reader, folder);
}

int run_index(const IndexFlags& flags) {
    DocumentIndex index(find_paths().documents);
    try {
        if (flags.list) {
            list(index);
        } else if (!flags.remove.empty()) {
            remove_folder(index, flags.remove);
        } else {
            read_folders(index, flags.folders);
        }
    } catch (const fs::filesystem_error& error) {
        throw Error(fmt::format("cannot index {}: {}", error.path1().string(), error.code().message()));
    } catch (const tools::Error& error) {
        throw Error(fmt::format("cannot index: {}", error.what()));
    }
    return exit_done;
}

}  // namespace

void add_index(CLI::App& app, int& exit_code) {
    const auto flags = std::make_shared<IndexFlags>();
    auto* index = app.add_subcommand(
        "index", "Make folders of text, Markdown, HTML and man pages searchable for the tools search, open and find");
    auto* folders = index->add_option("folders", flags->folders, "With all that lies below; none: those indexed before")
                        ->type_name("")  // the check adds its own
                        ->check(CLI::ExistingDirectory);
    auto* list_flag = index->add_flag("--list", flags->list, "What is indexed")->excludes(folders);
    index->add_option("--remove", flags->remove, "Take a folder out of the index")
        ->type_name("DIR")
        ->excludes(folders)
        ->excludes(list_flag);
    index->callback([flags, &exit_code] { exit_code = run_index(*flags); });
}

}  // namespace heddle
