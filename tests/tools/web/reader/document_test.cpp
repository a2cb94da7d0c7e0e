// tests/tools/web/reader/document_test.cpp: Which reader a file gets, and what it makes of it.
#include "tools/web/reader/document.h"

#include <doctest.h>

#include <array>
#include <string>

#include "tests/support/gzipped.h"

using heddle::test::gzipped;
using heddle::tools::web::document_bytes_max;

namespace {

auto read_document(const std::string& bytes, const std::string& name, const std::string& url) {
    return heddle::tools::web::read_document({bytes, name, {}, url});
}

std::string text_of(const std::string& bytes, const std::string& name) {
    const auto document = read_document(bytes, name, "file://docs/" + name);
    return document ? document->text : "none";
}

}  // namespace

TEST_CASE("document: Markdown reads as HTML does, with its links and tables") {
    const auto page = read_document(
        "# Title\n\nSome *text* with [a link](other.md) and `code`.\n\n- one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 "
        "|\n\n"
        "    x = 1\n",
        "guide.md", "file://docs/guide.md");
    REQUIRE(page);
    CHECK(page->title == "Title");
    CHECK(page->text ==
          "# Title\n\nSome text with 【0†a link†docs】 and code.\n\n  * one\n  * two\n\na | b\n---|---\n1 | 2\n\n"
          "```\nx = 1\n```");
    CHECK(page->links == std::vector<std::string>{"file://docs/other.md"});
}

TEST_CASE("document: a man page of either kind reads as sections and paragraphs, packed or not") {
    const std::string man =
        ".\\\" a comment\n.TH LS 1 2022 GNU Manual\n.SH NAME\nls \\- list directory contents\n.SH OPTIONS\n.TP\n"
        "\\fB\\-a\\fR, \\fB\\-\\-all\\fR\ndo not ignore\nentries\n.PP\nSee\n.BR dir (1),\n.I vdir\nfor more.\n.nf\n  "
        "a\n\n  b\n.fi\n";
    const std::string text =
        "# NAME\n\nls - list directory contents\n\n# OPTIONS\n\n-a, --all\ndo not ignore entries\n\nSee dir(1), vdir "
        "for "
        "more.\n  a\n\n  b";
    CHECK(text_of(man, "man1/ls.1") == text);
    CHECK(text_of(gzipped(man), "man1/ls.1.gz") == text);
    CHECK(read_document(man, "ls.1", "")->title == "LS(1)");
    CHECK(text_of(
              ".Dd May 2020\n.Dt CAT 1\n.Os\n.Sh NAME\n.Nm cat\n.Nd print files\n.Sh SYNOPSIS\n.Nm\n.Op Fl be\n.Op Ar\n"
              ".Bl -tag\n.It Fl b Ar file\nNumber lines, see\n.Xr nl 1 .\n.El\n",
              "cat.1") ==
          "# NAME\n\ncat - print files\n\n# SYNOPSIS\n\ncat [-be] []\n\n-b file\nNumber lines, see nl(1).");
    CHECK(text_of("notes of version 1\n", "notes.1") == "notes of version 1");
}

TEST_CASE("document: text of any charset comes out as UTF-8, with plain line ends") {
    CHECK(text_of("a\r\nb\rc", "t.txt") == "a\nb\nc");
    CHECK(text_of("\xef\xbb\xbfGr\xc3\xbc\xc3\x9f"
                  "e",
                  "t") == "Grüße");
    CHECK(text_of("Gr\xfc\xdf"
                  "e \x80",
                  "t") == "Grüße €");
    CHECK(text_of(std::string("\xff\xfeG\0r\0\xfc\0", 8), "t") == "Grü");
    CHECK(text_of("<meta charset='koi8-r'>\xc4\xc1", "t.html") == "да");
    CHECK(text_of("<meta http-equiv=content-type content='text/html; charset=shift_jis'>\x93\xfa", "t.html") == "日");
    CHECK(text_of("<meta charset=no-such>\xe9", "t.html") == "é");
    CHECK(text_of("【1†x†y】", "t.txt") == "〖1†x†y〗");
}

TEST_CASE("document: what is no text is none, and a small file never becomes a large one") {
    CHECK(!read_document(std::string("\x7f"
                                     "ELF\0\0",
                                     6),
                         "a", ""));
    CHECK(!read_document("not packed", "a.gz", ""));
    CHECK(!read_document(gzipped("cut off").substr(0, 20), "a.gz", ""));
    CHECK(!read_document(gzipped(std::string(document_bytes_max + 1, 'a')), "a.gz", ""));
    CHECK(read_document("", "empty", "")->text.empty());
}
