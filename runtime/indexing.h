// runtime/indexing.h: Brings the index of documents up to date with a folder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "runtime/store/document_index.h"
#include "tools/web/reader.h"

namespace heddle {

struct IndexingReport {
    std::int64_t documents = 0;  // that the index has of the folder now
    std::int64_t added = 0, changed = 0, removed = 0;
    std::int64_t not_text = 0, too_large = 0;  // files that are no documents
    std::vector<std::string> unreadable;       // paths, with why; one at which the reader failed waits for a change
};

// Called for each file that is looked at: how many were, of how many, and the one at hand.
using IndexingProgress = std::function<void(std::int64_t done, std::int64_t total, const std::string& path)>;

// Reads what is new or has changed by size or time, and forgets what is gone; what lies in a folder that cannot be
// read at the moment stays. Hidden files and folders are left out, and no link is followed. What was read is kept from
// time to time, so that an interrupted run goes on where it was.
// Throws Error and tools::Error, the latter the end of a sentence: no guest can be had to read in.
IndexingReport update_collection(DocumentIndex& index, tools::web::Reader& reader, const Collection& collection,
                                 const IndexingProgress& progress);

}  // namespace heddle
