// tests/runtime/indexing_test.cpp: Folders of documents made searchable, kept up to date, and asked by the web tools.
#include "runtime/indexing.h"

#include <doctest.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <string>
#include <vector>

#include "runtime/error.h"
#include "runtime/store/database.h"
#include "runtime/store/document_index.h"
#include "runtime/store/local_documents.h"
#include "tests/support/temp_folder.h"
#include "tests/support/tool_house.h"
#include "tools/web/reader.h"

using namespace heddle;
namespace fs = std::filesystem;
namespace web = tools::web;

namespace {

struct Library {
    test::TempFolder folder;
    fs::path root = folder.path() / "my docs", file = folder.path() / "data/documents.db";

    Library() { fs::create_directories(root / "sub"); }
    void write(const std::string& name, const std::string& bytes) const {
        std::ofstream(root / name, std::ios::binary) << bytes;
    }
    static web::Reader& reader() {
        static web::Reader one(test::shared_sandbox());
        return one;
    }
    IndexingReport update() const {
        DocumentIndex index(file);
        return update_collection(index, reader(), index.collection(root), {});
    }
    std::vector<web::Found> search(const std::string& query, int results_max = 10) const {
        return LocalDocuments(file).search({query, results_max, "web"}, {});
    }
    std::vector<std::string> urls(const std::string& query) const {
        std::vector<std::string> found;
        for (const auto& one : search(query)) found.push_back(one.url);
        return found;
    }
    std::string open(const std::string& url) const {
        try {
            std::string text;
            for (const auto& line : LocalDocuments(file).open(url, false, {}).lines) text += line.text + "\n";
            return text;
        } catch (const tools::Error& error) {
            return std::string("refused: ") + error.what();
        }
    }
};

using Urls = std::vector<std::string>;

}  // namespace

TEST_CASE("indexing: documents of all kinds are found by their words and open as they were read") {
    if (test::not_here()) return;
    Library library;
    library.write("plain.txt", "The heron waits by the reeds.\nIt is patient.\n");
    library.write("sub/page.html", "<title>On otters</title><p>Otters swim, <a href='../plain.txt'>see herons</a>.");
    library.write("guide.md", "# Guide to voles\n\nA vole digs.\n");
    library.write("vole.1", ".TH VOLE 1\n.SH NAME\nvole \\- digs holes\n");
    const auto report = library.update();
    CHECK(report.documents == 4);
    CHECK(report.added == 4);

    const auto found = library.search("otter");  // stems are the same
    REQUIRE(found.size() == 1);
    CHECK(found[0].title == "On otters");
    CHECK(found[0].url == "file://my-docs/sub/page.html");
    CHECK(found[0].host == "my-docs");
    CHECK(found[0].snippet == "Otters swim, see herons.");
    CHECK(library.urls("voles digging") == Urls{"file://my-docs/vole.1", "file://my-docs/guide.md"});  // its title
    CHECK(library.search("patient")[0].title == "plain.txt");
    CHECK(library.open("file://my-docs/sub/page.html") ==
          "\nURL: file://my-docs/sub/page.html\nOtters swim, 【0†see herons†my-docs】.\n");
    CHECK(LocalDocuments(library.file).open("file://my-docs/sub/page.html", false, {}).links[0].url ==
          "file://my-docs/plain.txt");
    CHECK(library.open("file://my-docs/sub/..//sub/%70age.html#part") == library.open("file://my-docs/sub/page.html"));
}

TEST_CASE("indexing: a query is words, whatever is in it, and Chinese is found by its parts") {
    if (test::not_here()) return;
    Library library;
    library.write("zh.txt", "目前评测AI搜索智能体主要依靠基准测试，它就像一场实时的开卷考试");
    library.write("en.txt", "NEAR and OR are words; so is café");
    library.update();
    CHECK(library.urls("基准测试") == Urls{"file://my-docs/zh.txt"});
    CHECK(library.urls("搜索智能体 评测") == Urls{"file://my-docs/zh.txt"});
    CHECK(library.urls("ai") == Urls{"file://my-docs/zh.txt"});
    CHECK(library.urls("\"NEAR( cafe* -or^") == Urls{"file://my-docs/en.txt"});
    for (const char* const query : {"", "  ", "\"", "!?*", "\x1b\xff", "title:", "nothing here"}) {
        INFO(query);
        CHECK(library.search(query).empty());
    }
    CHECK(library.search(std::string(100'000, 'x') + " cafe").size() == 1);
}

TEST_CASE("indexing: what has changed is read again, what is gone is forgotten, nothing else is touched") {
    if (test::not_here()) return;
    Library library;
    for (int i = 0; i < 20; ++i) library.write(std::to_string(i) + ".txt", "common text " + std::to_string(i));
    library.write("binary", std::string("\x7f"
                                        "ELF\0\0",
                                        6));
    CHECK(library.update().not_text == 1);
    const auto again = library.update();
    CHECK(again.documents == 20);
    CHECK(again.added + again.changed + again.removed + again.not_text == 0);

    library.write("3.txt", "a change");
    library.write("15.txt", "unique text 15");  // of the same size as before
    library.write("new.txt", "common too");
    fs::remove(library.root / "4.txt");
    fs::remove(library.root / "binary");
    const auto report = library.update();
    CHECK(report.added == 1);
    CHECK(report.changed == 2);
    CHECK(report.removed == 2);
    CHECK(library.search("common", 50).size() == 18);
    CHECK(library.urls("unique") == Urls{"file://my-docs/15.txt"});
    CHECK(library.urls("change") == Urls{"file://my-docs/3.txt"});
    CHECK(library.open("file://my-docs/4.txt") == "refused: no document of the local index has this URL");
}

TEST_CASE("indexing: hidden files, links and what is too large are no documents") {
    if (test::not_here()) return;
    Library library;
    fs::create_directories(library.root / ".git");
    library.write(".git/config", "secret words");
    library.write(".env", "secret words");
    std::ofstream(library.folder.path() / "outside") << "secret words";
    fs::create_symlink("../outside", library.root / "link.txt");
    fs::create_symlink("..", library.root / "up");
    library.write("big.txt", std::string(9 << 20, 'a'));
    library.write("ok.txt", "plain words");
    const auto report = library.update();
    CHECK(report.documents == 1);
    CHECK(report.too_large == 1);
    CHECK(library.urls("words") == Urls{"file://my-docs/ok.txt"});
}

TEST_CASE("indexing: open serves what was indexed and nothing else") {
    if (test::not_here()) return;
    Library library;
    library.write("a.txt", "inside\n");
    library.update();
    library.write("later.txt", "not indexed\n");
    std::ofstream(library.folder.path() / "secret") << "secret\n";
    for (const std::string& url : {std::string("file:///etc/passwd"), std::string("file://my-docs/../secret"),
                                   std::string("file://my-docs/later.txt"), std::string("file://my-docs/%2e%2e/secret"),
                                   "file://" + library.root.string() + "/later.txt", std::string("file://"),
                                   std::string("file://my-docs"), std::string("file://my-docs/a.txt%00")}) {
        INFO(url);
        CHECK(library.open(url).starts_with("refused: "));
    }
    CHECK(library.open("https://example.org/").starts_with("refused: only documents of the local index"));
    CHECK(library.open("/etc/passwd").starts_with("refused: only documents of the local index"));
    CHECK(library.open("file://my-docs/a.txt") == "\nURL: file://my-docs/a.txt\ninside\n");
    CHECK_THROWS_WITH_AS(LocalDocuments(library.file).open("file://my-docs/a.txt", true, {}),
                         doctest::Contains("not its source"), tools::Error);
}

TEST_CASE("indexing: what is hidden from tools is neither found nor opened") {
    if (test::not_here()) return;
    Library library;
    library.write("open.txt", "a word\n");
    library.write("sub/key.txt", "a word\n");
    library.update();
    LocalDocuments documents(library.file, [&](const fs::path& file) { return file == library.root / "sub/key.txt"; });
    const auto found = documents.search({"word", 10, "web"}, {});
    REQUIRE(found.size() == 1);
    CHECK(found[0].url == "file://my-docs/open.txt");
    CHECK_THROWS_AS(documents.open("file://my-docs/sub/key.txt", false, {}), tools::Error);
    CHECK(documents.open("file://my-docs/open.txt", false, {}).lines.size() == 3);
}

TEST_CASE("indexing: an index that is missing, foreign or damaged is an error that says what to do") {
    if (test::not_here()) return;
    Library library;
    CHECK_THROWS_WITH_AS(library.search("x"), doctest::Contains("heddle index DIR"), tools::Error);
    fs::create_directories(library.file.parent_path());
    std::ofstream(library.file) << "no database, and long enough to look like one " << std::string(8192, 'x');
    CHECK_THROWS_WITH_AS(library.search("x"), doctest::Contains("not a database"), tools::Error);
    CHECK_THROWS_WITH_AS(library.update(), doctest::Contains("not a database"), Error);
    fs::remove(library.file);
    {
        Database other(library.file, Database::Access::write);
        other.execute("make", "pragma application_id = 7; create table t(a)");
    }
    CHECK_THROWS_WITH_AS(library.update(), doctest::Contains("as the index of documents"), Error);
    CHECK_THROWS_WITH_AS(library.search("x"), doctest::Contains("another program"), tools::Error);
}

TEST_CASE("indexing: folders of the same name have URLs of their own, and go with their documents") {
    if (test::not_here()) return;
    Library library;
    const fs::path other = library.folder.path() / "other/my docs";
    fs::create_directories(other);
    std::ofstream(other / "b.txt") << "same word\n";
    library.write("a.txt", "same word\n");
    library.update();
    DocumentIndex index(library.file);
    const auto second = index.collection(other);
    CHECK(second.name == "my-docs-2");
    update_collection(index, Library::reader(), second, {});
    CHECK(library.search("same").size() == 2);
    CHECK(library.open("file://my-docs-2/b.txt") == "\nURL: file://my-docs-2/b.txt\nsame word\n");
    index.remove_collection(second.id);
    CHECK(library.urls("same") == Urls{"file://my-docs/a.txt"});
    CHECK(index.collections().size() == 1);
}

TEST_CASE("indexing: a folder that cannot be read is named, and what was known of it stays") {
    if (test::not_here()) return;
    if (::geteuid() == 0) {
        MESSAGE("not tested here: root can read every folder");
        return;
    }
    Library library;
    library.write("sub/a.txt", "hidden for now\n");
    library.update();
    fs::permissions(library.root / "sub", fs::perms::none);
    const auto report = library.update();
    fs::permissions(library.root / "sub", fs::perms::owner_all);
    REQUIRE(report.unreadable.size() == 1);
    CHECK(report.unreadable[0].find("sub/: Permission denied") != std::string::npos);
    CHECK(report.removed == 0);
    CHECK(library.search("hidden").size() == 1);
}

TEST_CASE("indexing: ten thousand small files take seconds, and no time again") {
    if (test::not_here()) return;
    Library library;
    for (int i = 0; i < 10'000; ++i) {
        library.write(std::to_string(i) + (i % 4 == 0   ? ".html"
                                           : i % 4 == 1 ? ".md"
                                                        : ".txt"),
                      "# Note " + std::to_string(i) + "\n\nsome words of a <b>small</b> file about topic" +
                          std::to_string(i % 100) + "\n");
    }
    const auto seconds = [&](std::int64_t expected) {
        const auto begin = std::chrono::steady_clock::now();
        CHECK(library.update().added == expected);
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    };
    const double first = seconds(10'000), second = seconds(0);
    MESSAGE("10,000 files: ", first, " s, again: ", second, " s");
    CHECK(first < 60);
    CHECK(second < 10);
    CHECK(library.search("topic42", 50).size() == 50);
}
