// tests/engine/safetensors_test.cpp: Tests that headers are believed only where file and format agree with them.
#include "engine/io/safetensors.h"

#include <doctest.h>
#include <fmt/core.h>

#include <cstring>
#include <fstream>
#include <string>

#include "engine/error.h"
#include "engine/io/tensor_files.h"
#include "tests/support/make_checkpoint.h"
#include "tests/support/temp_folder.h"

using namespace heddle::engine;
using namespace heddle::test;

namespace {

std::string error_of(const std::string& header, std::uint64_t data_bytes) {
    try {
        (void)parse_safetensors_header(header, 8 + header.size(), data_bytes, "x.safetensors");
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

// The error of a file of these bytes.
std::string file_error(const std::string& bytes) {
    const TempFolder folder;
    const auto path = folder.path() / "x.safetensors";
    std::ofstream(path, std::ios::binary) << bytes;
    try {
        (void)read_safetensors_header(File(path));
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

std::string folder_error(const TempFolder& folder) {
    try {
        (void)TensorFiles::open(folder.path());
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

std::string with_length(std::uint64_t length, const std::string& rest) {
    std::string bytes(8, '\0');
    std::memcpy(bytes.data(), &length, 8);
    return bytes + rest;
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

void write(const std::filesystem::path& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
}

const MadeTensor small{"a", "F32", {1}, std::string(4, '\0')};

}  // namespace

TEST_CASE("safetensors: entries come with their place in the file") {
    const std::string header =
        R"({"__metadata__":{"format":"pt"},"a":{"dtype":"BF16","shape":[2,3],"data_offsets":[0,12]},)"
        R"("e":{"dtype":"F32","shape":[0,7],"data_offsets":[12,12]},)"
        R"("b":{"dtype":"F8_E4M3","shape":[],"data_offsets":[12,13]}})";
    const auto tensors = parse_safetensors_header(header, 1000, 13, "x");
    REQUIRE(tensors.size() == 3);
    CHECK(tensors[0].name == "a");
    CHECK(tensors[0].shape == Shape{2, 3});
    CHECK(tensors[0].offset == 1000);
    CHECK(tensors[2].name == "b");
    CHECK(tensors[2].offset == 1012);
    CHECK(tensors[2].shape.rank() == 0);
}

TEST_CASE("safetensors: a header that contradicts itself or the format is refused") {
    const auto entry = [](const std::string& body) { return "{\"t\":{" + body + "}}"; };
    CHECK(has(error_of(entry(R"("dtype":"F32","shape":[2],"data_offsets":[0,4])"), 4),
              "has 4 bytes, but F32 [2] takes 8"));
    CHECK(has(error_of(entry(R"("dtype":"F99","shape":[2],"data_offsets":[0,4])"), 4), "unknown type \"F99\""));
    CHECK(
        has(error_of(entry(R"("dtype":"F32","shape":[-1],"data_offsets":[0,4])"), 4), "no whole numbers in \"shape\""));
    CHECK(has(error_of(entry(R"("dtype":"F32","shape":[1.0],"data_offsets":[0,4])"), 4), "no whole numbers"));
    CHECK(has(error_of(entry(R"("dtype":"F32","shape":[1],"data_offsets":[4,0])"), 4), "no ordered pair"));
    CHECK(has(error_of(entry(R"("dtype":"F32","shape":[1],"data_offsets":[0])"), 4), "no ordered pair"));
    CHECK(has(error_of(entry(R"("dtype":"F32","data_offsets":[0,4])"), 4), "has no \"shape\""));
    CHECK(has(error_of(entry(R"("shape":[1],"data_offsets":[0,4])"), 4), "has no \"dtype\""));
    CHECK(has(error_of(entry(R"("dtype":"F32","shape":[1,1,1,1,1],"data_offsets":[0,4])"), 4), "has 5 dimensions"));
    CHECK(has(error_of("{\"t\":7}", 4), "is not an object"));
    CHECK(has(error_of("[]", 4), "no JSON object"));
    CHECK(has(error_of("{\"t\":", 4), "not valid JSON"));
    CHECK(has(error_of(std::string(1000, '['), 4), "nests too deeply"));
}

TEST_CASE("safetensors: sizes that overflow are refused, not multiplied") {
    for (const char* shape : {"[18446744073709551615]", "[2147483647,2147483647,2147483647]", "[4294967296,4294967296]",
                              "[9223372036854775808,2]", "[0,2147483647,2147483647,2147483647]"}) {
        const std::string header = fmt::format(R"({{"t":{{"dtype":"F64","shape":{},"data_offsets":[0,0]}}}})", shape);
        INFO(shape);
        CHECK(has(error_of(header, 0), "beyond all bounds"));
    }
    const std::string far =
        R"({"t":{"dtype":"U8","shape":[1],"data_offsets":[18446744073709551614,18446744073709551615]}})";
    CHECK(has(error_of(far, 4), "the file ends at byte"));
}

TEST_CASE("safetensors: tensors that overlap, leave a gap or end elsewhere than the file are refused by name") {
    const auto two = [](int a, int b, int c, int d) {
        return fmt::format(R"({{"p":{{"dtype":"U8","shape":[{}],"data_offsets":[{},{}]}},)"
                           R"("q":{{"dtype":"U8","shape":[{}],"data_offsets":[{},{}]}}}})",
                           b - a, a, b, d - c, c, d);
    };
    CHECK(error_of(two(0, 4, 4, 8), 8) == "no error");
    CHECK(has(error_of(two(0, 4, 3, 8), 8), "tensor \"q\" begins at byte"));
    CHECK(has(error_of(two(0, 4, 3, 8), 8), "inside the one before it"));
    CHECK(has(error_of(two(0, 4, 5, 8), 8), "behind a gap"));
    CHECK(has(error_of(two(0, 4, 4, 8), 9), "its tensors end at byte"));
    CHECK(has(error_of(two(0, 4, 4, 8), 7), "tensor \"q\" needs"));
}

TEST_CASE("safetensors: a name that stands twice is refused") {
    const std::string one = R"("t":{"dtype":"U8","shape":[1],"data_offsets":[0,1]})";
    CHECK(has(error_of("{" + one + "," + one + "}", 1), "the key \"t\" stands twice"));
}

TEST_CASE("safetensors: a file that is cut anywhere in its head is refused with the byte where it ends") {
    CHECK(has(file_error(""), "the file ends at byte 0, the header's length needs 8"));
    CHECK(has(file_error("1234567"), "the file ends at byte 7"));
    CHECK(has(file_error(with_length(100, "{}")), "the file ends at byte 10, its header needs 108"));
    CHECK(has(file_error(with_length(~0ull, "{}")), "more than the 100000000 that the format allows"));
    CHECK(file_error(with_length(2, "{}")) == "no error");
}

TEST_CASE("safetensors: names in errors cannot drive the terminal") {
    const auto error = error_of("{\"\\u001b[31m\\u009b\\nx\":7}", 4);
    CHECK(has(error, "\"\\u001b[31m\\u009b\\nx\""));
    CHECK(error.find('\x1b') == std::string::npos);
}

TEST_CASE("tensor_files: an index and its files must name the same tensors") {
    const TempFolder folder;
    write_safetensors(folder.path() / "one.safetensors", {small});
    const auto index = folder.path() / "model.safetensors.index.json";
    write(index, R"({"weight_map":{"a":"one.safetensors"}})");
    CHECK(folder_error(folder) == "no error");
    write(index, R"({"weight_map":{"b":"one.safetensors"}})");
    CHECK(has(folder_error(folder), "tensor \"b\" is in \"one.safetensors\", which does not have it"));
    write(index, R"({"weight_map":{"a":"two.safetensors"}})");
    CHECK(has(folder_error(folder), "two.safetensors: No such file"));
    write_safetensors(folder.path() / "two.safetensors", {small});
    write(index, R"({"weight_map":{"a":"two.safetensors","c":"one.safetensors"}})");
    CHECK(has(folder_error(folder), "tensor \"a\" stands in one.safetensors too"));
    write_safetensors(folder.path() / "two.safetensors", {{"c", "F32", {1}, std::string(4, '\0')}});
    write(index, R"({"weight_map":{"c":"two.safetensors"}})");
    CHECK(folder_error(folder) == "no error");  // what the index does not name is not the model's
}

TEST_CASE("tensor_files: an index names files beside it only") {
    const TempFolder folder;
    for (const char* name :
         {"../one.safetensors", "/etc/passwd", "", "sub/one.safetensors", "one.bin", "a\\u0000.safetensors"}) {
        write(folder.path() / "model.safetensors.index.json", fmt::format(R"({{"weight_map":{{"a":"{}"}}}})", name));
        INFO(name);
        CHECK(has(folder_error(folder), "is not the name of a .safetensors file beside it"));
    }
    write(folder.path() / "model.safetensors.index.json", "{}");
    CHECK(has(folder_error(folder), "has no \"weight_map\""));
}

TEST_CASE("tensor_files: a folder without weights is refused") {
    const TempFolder folder;
    CHECK(has(folder_error(folder), "neither model.safetensors nor model.safetensors.index.json"));
    std::filesystem::create_directory(folder.path() / "model.safetensors");
    CHECK(has(folder_error(folder), "not a regular file"));
}
