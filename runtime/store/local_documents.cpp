// runtime/store/local_documents.cpp: BM25 over titles and texts; a page from its stored text.
#include "runtime/store/local_documents.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "runtime/error.h"
#include "runtime/store/database.h"
#include "runtime/store/document_format.h"
#include "runtime/store/words.h"
#include "tools/web/url.h"

namespace heddle {

namespace {

using tools::web::Document;
using tools::web::Found;
using tools::web::Page;

// A title says more of what a document is about than a line of its text. Excerpts are made of the best alone: one of a
// long document takes longer than the rest of the search.
constexpr const char* search_sql =
    "with best as materialized (select rowid as id, bm25(passage, 4.0, 1.0) as score from passage "
    "where passage match ?1 order by score, id limit ?2) "
    "select passage.title, document.url, snippet(passage, 1, '', '', '...', 32), collection.root, document.path from "
    "best "
    "join passage on passage.rowid = best.id and passage match ?1 join document on document.id = best.id "
    "join collection on collection.id = document.collection order by best.score, best.id";

// The folder and the path below it, in two columns.
std::filesystem::path file_of(const Row& row, int column) {
    return std::filesystem::path(row.text(column)) / row.text(column + 1);
}

// What fails here, fails a call of the model's and no more.
template <class Work>
auto asking(const std::filesystem::path& index, Work work) {
    std::error_code error;
    if (!std::filesystem::exists(index, error)) {
        throw tools::Error("there is no index of documents yet; the user makes one with `heddle index DIR`");
    }
    try {
        Database database(index, Database::Access::read);
        register_words(database.handle());
        require_kind(database, document_format());
        return work(database);
    } catch (const Error& failure) {
        throw tools::Error(failure.what());
    }
}

}  // namespace

LocalDocuments::LocalDocuments(std::filesystem::path index, Hidden hidden)
    : index_(std::move(index)), hidden_(std::move(hidden)) {}

std::vector<Found> LocalDocuments::search(const tools::web::SearchRequest& request, std::stop_token) {
    return asking(index_, [&](Database& database) {
        std::vector<Found> found;
        const std::string words = any_word_of(request.query);
        if (words.empty()) return found;
        Statement best(database, "search documents", search_sql);
        Row row = best.run(words, request.results_max);
        while (row.next()) {
            if (hidden_ && hidden_(file_of(row, 3))) continue;
            const std::string url = row.text(1);
            found.push_back({row.text(0), url, tools::web::host_of(url), tools::web::without_links(row.text(2))});
        }
        return found;
    });
}

Page LocalDocuments::open(const std::string& url, bool as_source, std::stop_token) {
    const auto wanted = tools::web::local_url_in(url);
    if (!wanted) throw tools::Error("only documents of the local index can be opened, whose URLs begin with file://");
    if (as_source) throw tools::Error("the index keeps its text, not its source");
    return asking(index_, [&](Database& database) {
        Statement one(database, "open a document",
                      "select passage.text, document.links, collection.root, document.path from document join passage "
                      "on passage.rowid = document.id join collection on collection.id = document.collection "
                      "where document.url = ?1");
        Row row = one.run(*wanted);
        if (!row.next() || (hidden_ && hidden_(file_of(row, 2))))
            throw tools::Error("no document of the local index has this URL");
        Document document{"", row.text(0), {}};
        const auto links = nlohmann::json::parse(row.text(1), nullptr, false);
        for (const auto& link : links) {
            if (link.is_string()) document.links.push_back(link.get<std::string>());
        }
        return tools::web::page_of(*wanted, document);
    });
}

}  // namespace heddle
