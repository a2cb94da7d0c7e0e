// tests/tools/web/reader_wire_test.cpp: Orders and answers as bytes, from honest programs and from others.
#include "tools/web/reader_wire.h"

#include <doctest.h>

#include <string>

#include "tools/error.h"

using namespace heddle::tools;
using namespace heddle::tools::web;

namespace {

using Documents = std::vector<std::optional<Document>>;

bool same(const Documents& a, const Documents& b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (a[i].has_value() != b[i].has_value()) return false;
        if (a[i] && (a[i]->title != b[i]->title || a[i]->text != b[i]->text || a[i]->links != b[i]->links))
            return false;
    }
    return true;
}

}  // namespace

TEST_CASE("reader wire: what is said is what is heard") {
    FetchOrder order{"https://a.b/c", {{"Accept", "x"}, {"Key", "y"}}};
    order.bytes_max = 7;
    order.time = std::chrono::milliseconds(9);
    CHECK(decode_fetch(encode(order)) == order);
    const std::vector<Source> sources{{std::string("a\0b", 3), "n", "t", "u", true}, {}};
    CHECK(!decode_fetch(encode(sources)));
    CHECK(decode_sources(encode(sources)) == sources);
    const Fetched fetched{FetchEnd::status, "u", "t", std::string("\0\xff", 2), 404, "d"};
    CHECK(decode_fetched(encode(fetched)) == fetched);
    const Documents documents{Document{"t", "a\nb", {"https://a/", "file://docs/x"}}, std::nullopt, Document{}};
    CHECK(same(decode_documents(encode(documents), 3), documents));
}

TEST_CASE("reader wire: an answer that does not add up is none, wherever it is cut") {
    const std::string fetched = encode(Fetched{FetchEnd::done, "u", "t", "bytes", 200, "d"});
    const std::string documents = encode(Documents{Document{"t", "x", {"https://a/"}}, std::nullopt});
    for (std::size_t size = 0; size < fetched.size(); ++size)
        CHECK_THROWS_AS(decode_fetched(std::string_view(fetched).substr(0, size)), Error);
    for (std::size_t size = 0; size < documents.size(); ++size)
        CHECK_THROWS_AS(decode_documents(std::string_view(documents).substr(0, size), 2), Error);
    CHECK_THROWS_AS(decode_fetched(fetched + "x"), Error);
    CHECK_THROWS_AS(decode_documents(documents, 1), Error);
    CHECK_THROWS_AS(decode_documents(documents, 3), Error);
    CHECK_THROWS_AS(decode_documents(fetched, 2), Error);
    CHECK_THROWS_AS(decode_documents(encode(Documents{Document{"t", "x", std::vector<std::string>(6'000)}}), 1), Error);
    CHECK_THROWS_AS(decode_documents(encode(Documents{Document{std::string(2'000, 't'), "x", {}}}), 1), Error);
    std::string unknown = fetched;
    unknown[5] = static_cast<char>(fetch_end_last + 1);
    CHECK_THROWS_AS(decode_fetched(unknown), Error);
}

TEST_CASE("reader wire: what a document says is made harmless, and it links to pages alone") {
    const auto document =
        decode_documents(encode(Documents{Document{
                             "a\x1b[2J\nb", "x\x1b]0;t\x07\xff\ny", {"javascript:x", "https://a/ b", "https://ok/"}}}),
                         1);
    REQUIRE(document[0]);
    CHECK(document[0]->title.find('\x1b') == std::string::npos);
    CHECK(document[0]->title.find('\n') == std::string::npos);
    CHECK(document[0]->text == "x\\x1b]0;t\\x07\xef\xbf\xbd\ny");
    CHECK(document[0]->links == std::vector<std::string>{"", "", "https://ok/"});
}
