// tests/engine/file_test.cpp: Tests that files are read whole or refused in words, and that JSON means one thing.
#include "engine/io/file.h"

#include <doctest.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "engine/error.h"
#include "tests/support/temp_folder.h"

using namespace heddle::engine;
using heddle::test::TempFolder;

namespace {

std::string error_of(const std::function<void()>& act) {
    try {
        act();
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

std::string json_error(const std::string& text) {
    return error_of([&] { parse_json_object(text, "the file"); });
}

}  // namespace

TEST_CASE("file: what is no regular file is refused at once, a FIFO too") {
    const TempFolder folder;
    CHECK(has(error_of([&] { File(folder.path() / "none"); }), "none: No such file"));
    CHECK(has(error_of([&] { File file(folder.path()); }), "not a regular file"));
    const auto fifo = folder.path() / "fifo";
    REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    CHECK(has(error_of([&] { File file(fifo); }), "fifo: it is not a regular file"));
}

TEST_CASE("file: bytes come from where they were asked for, and a short file says where it ends") {
    const TempFolder folder;
    const auto path = folder.path() / "ten";
    std::ofstream(path) << "0123456789";
    const File file(path);
    CHECK(file.size() == 10);
    std::string text(4, ' ');
    file.read_at(6, std::as_writable_bytes(std::span(text)), "its end");
    CHECK(text == "6789");
    const std::string error = error_of([&] { file.read_at(7, std::as_writable_bytes(std::span(text)), "its end"); });
    CHECK(has(error, "the file ends at byte 10, its end needs 11"));
    CHECK(error_of([&] { file.read_at(10, {}, "nothing"); }) == "no error");
}

TEST_CASE("file: a small file is read whole, a larger one than can be right is not") {
    const TempFolder folder;
    const auto path = folder.path() / "text";
    std::ofstream(path) << "abc";
    CHECK(read_whole(path, 3) == "abc");
    CHECK(has(error_of([&] { read_whole(path, 2); }), "it has 3 bytes, and more than 2 are never right"));
    std::ofstream(path, std::ios::trunc).flush();
    CHECK(read_whole(path, 2).empty());
}

TEST_CASE("file: JSON must be one object, with no key twice at any depth") {
    CHECK(json_error("{\"a\": {\"b\": 1}, \"c\": [{\"b\": 1}, {\"b\": 2}]}") == "no error");
    CHECK(has(json_error("[]"), "no JSON object"));
    CHECK(has(json_error("{} {}"), "not valid JSON at byte 4"));
    CHECK(has(json_error(""), "not valid JSON"));
    CHECK(has(json_error("{\"a\": 1, \"a\": 2}"), "the key \"a\" stands twice"));
    CHECK(has(json_error("{\"c\": [1, {\"x\": 0, \"x\": 0}]}"), "the key \"x\" stands twice"));
    CHECK(has(json_error("{\"a\": 1e999}"), "outside every range"));
    CHECK(has(json_error("{\"\xff\": 1}"), "not valid JSON"));
}

TEST_CASE("file: JSON that nests deeper than any real file is refused before it can be walked") {
    const auto nested = [](int depth) {
        return "{\"a\":" + std::string(std::size_t(depth), '[') + std::string(std::size_t(depth), ']') + "}";
    };
    CHECK(json_error(nested(50)) == "no error");
    CHECK(has(json_error(nested(100)), "nests too deeply"));
    CHECK(has(json_error(nested(1'000'000)), "nests too deeply"));
}

TEST_CASE("file: text of a file stands in an error as one short line of ASCII") {
    CHECK(in_quotes("plain") == "\"plain\"");
    const std::string shown = in_quotes(std::string("\x1b[2J\n\xff\0\xc3\xa4", 8) + std::string(500, 'x'));
    CHECK(shown.size() < 200);
    CHECK(std::ranges::all_of(shown, [](char c) { return c >= 0x20 && c < 0x7f; }));
    CHECK(has(shown, "..."));
}
