// tests/runtime/model_cli_test.cpp: The commands heddle model info|tokenize|eval, run as a user runs them.
#include <doctest.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "prompts/message.h"
#include "runtime/cli/commands.h"
#include "tests/support/heddle_program.h"

using namespace heddle;
using prompts::Json;
using test::HeddleProgram;

namespace {

const std::filesystem::path vectors = std::filesystem::path(HEDDLE_SOURCE_DIR) / "tests/vectors";

std::string bytes_of(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

// A program with a random model, and places beside it for files of the test.
struct Program : HeddleProgram {
    std::string path(const std::string& name) const { return workspace() / name; }
    std::string write(const std::string& name, const std::string& text) const {
        std::ofstream(path(name), std::ios::binary) << text;
        return path(name);
    }
    // A copy of the model in which one file has other bytes, or is gone.
    std::string model_with(const std::string& file, const std::string* text) const {
        const std::filesystem::path copy = workspace() / "spoilt";
        std::filesystem::remove_all(copy);
        std::filesystem::copy(model(), copy, std::filesystem::copy_options::recursive);
        std::filesystem::remove(copy / file);
        if (text != nullptr) std::ofstream(copy / file, std::ios::binary) << *text;
        return copy;
    }
    int eval(std::vector<std::string> more) {
        more.insert(more.begin(), {"model", "eval", "--model", model()});
        return run(more);
    }
    int tokenize(std::vector<std::string> more, const std::string& input) {
        more.insert(more.begin(), {"model", "tokenize", "--model", model()});
        return run(more, input);
    }
    // What failed with `code` said so in words on standard error, and nothing on standard output.
    void check_refusal(int code, int expected, const std::string& part) {
        INFO(err());
        CHECK(code == expected);
        CHECK(out().empty());
        CHECK(err().find(part) != std::string::npos);
        CHECK(std::ranges::count(err(), '\n') <= (expected == exit_usage ? 2 : 1));  // with where to find help
        if (expected == exit_environment) CHECK(err().starts_with("heddle: "));
    }
};

// NumPy's format, read without its writer: magic, version, length, a Python dictionary, the elements.
struct Npy {
    std::string header, data;

    explicit Npy(const std::filesystem::path& file) {
        const std::string bytes = bytes_of(file);
        REQUIRE(bytes.size() > 10);
        CHECK(bytes.starts_with(std::string("\x93NUMPY\x01\x00", 8)));
        const std::size_t length = static_cast<unsigned char>(bytes[8]) + 256u * static_cast<unsigned char>(bytes[9]);
        CHECK((10 + length) % 64 == 0);
        header = bytes.substr(10, length);
        CHECK(header.ends_with(" \n"));
        data = bytes.substr(10 + length);
    }
    template <class Element>
    std::vector<Element> elements() const {
        std::vector<Element> made(data.size() / sizeof(Element));
        std::memcpy(made.data(), data.data(), made.size() * sizeof(Element));
        return made;
    }
};

const std::string ids_text = "[0, 5, 9, 30, 31, 200, 7, 8, 9, 10, 11, 12]";
constexpr std::size_t ids_count = 12;

}  // namespace

TEST_CASE("model info: from the headers alone it says what the checkpoint is, for people and for programs") {
    Program heddle;
    CHECK(heddle.run({"model", "info", "--model", heddle.model(), "--json"}) == exit_done);
    const auto info = Json::parse(heddle.out());
    CHECK(info["model_type"] == "deepseek_v32");
    CHECK(info["dimensions"]["layers"] == 3);
    CHECK(info["dimensions"]["index_top_k"] == 8);
    CHECK(info["tokenizer"]["vocabulary"] == test::small_vocabulary);
    CHECK(info["parameters"].get<int>() > info["parameters_active"].get<int>());
    CHECK(info["parameters_by_dtype"].contains("F8_E4M3"));
    CHECK(info["files"] == 1);
    CHECK(info["cache_bytes_per_token"].get<int>() > 0);
    CHECK(std::ranges::count(heddle.out(), '\n') == 1);

    CHECK(heddle.run({"model", "info", "--model", heddle.model()}) == exit_done);
    for (const auto& [key, value] : info.items()) CHECK(heddle.out().find(key) != std::string::npos);
    CHECK(heddle.err().empty());
}

TEST_CASE("model info: what is no model is named in one line, whatever is wrong with it") {
    Program heddle;
    const auto refused = [&](const std::string& folder, int code, const std::string& part) {
        heddle.check_refusal(heddle.run({"model", "info", "--model", folder}), code, part);
    };
    refused("/nowhere", exit_usage, "/nowhere");
    refused(heddle.write("file", "text"), exit_usage, "file");
    refused(heddle.workspace(), exit_environment, "config.json");
    const auto spoilt = [&](const std::string& file, const std::string& text) {
        return heddle.model_with(file, &text);
    };
    refused(heddle.model_with("config.json", nullptr), exit_environment, "config.json");
    refused(spoilt("config.json", "{\"model_type\": \"llama\"}"), exit_environment, "\"llama\"");
    refused(spoilt("config.json", "{"), exit_environment, "not valid JSON");
    refused(spoilt("config.json", std::string("\x1b[2J\0\xff", 6)), exit_environment, "config.json");
    refused(heddle.model_with("model.safetensors", nullptr), exit_environment, "neither model.safetensors nor");
    refused(spoilt("model.safetensors", ""), exit_environment, "model.safetensors");
    refused(spoilt("model.safetensors", std::string(8, '\xff') + "{}"), exit_environment, "model.safetensors");
    const std::string whole = bytes_of(heddle.model() / "model.safetensors");
    refused(spoilt("model.safetensors", whole.substr(0, whole.size() - 1)), exit_environment, "model.safetensors");
    refused(spoilt("model.safetensors", whole.substr(0, 50)), exit_environment, "model.safetensors");
    refused(spoilt("tokenizer.json", "[]"), exit_environment, "tokenizer.json");
}

TEST_CASE("model tokenize: standard input becomes ids; only --control lets it spell control tokens") {
    Program heddle;
    CHECK(heddle.tokenize({}, "the<think>") == exit_done);
    const auto plain = Json::parse(heddle.out()).get<std::vector<int>>();
    CHECK(plain.size() == 7);  // the, <, th, i, n, k, >
    CHECK(plain[0] == 260);
    CHECK(std::ranges::none_of(plain, [](int id) { return id > 261 || id < 2; }));
    CHECK(heddle.tokenize({"--control"}, "the<think>") == exit_done);
    CHECK(Json::parse(heddle.out()) == Json({260, 263}));
    CHECK(heddle.tokenize({}, "") == exit_done);
    CHECK(heddle.out() == "[]\n");
    const std::string odd("a\0\xff\r\n", 5);  // every byte counts, the last line end too
    CHECK(heddle.tokenize({}, odd) == exit_done);
    CHECK(Json::parse(heddle.out()).size() == odd.size());
}

TEST_CASE("model tokenize: --jsonl answers line by line, and names the line that it cannot read") {
    Program heddle;
    CHECK(heddle.tokenize({"--jsonl"}, "{\"text\":\"the\"}\n{\"text\":\"\",\"more\":1}\r\n{\"text\":\"a\\nb\"}") ==
          exit_done);
    CHECK(heddle.out() == "{\"ids\":[260]}\n{\"ids\":[]}\n{\"ids\":[99,12,100]}\n");
    CHECK(heddle.tokenize({"--jsonl", "--control"}, "{\"text\":\"</think>\"}\n") == exit_done);
    CHECK(heddle.out() == "{\"ids\":[264]}\n");
    CHECK(heddle.tokenize({"--jsonl"}, "") == exit_done);
    CHECK(heddle.out().empty());
    for (const char* bad : {"no json", "[]", "{}", "{\"text\":1}", "{\"text\":\"\\ud800\"}", ""}) {
        INFO(bad);
        CHECK(heddle.tokenize({"--jsonl"}, std::string("{\"text\":\"the\"}\n") + bad + "\n") == exit_usage);
        CHECK(heddle.out() == "{\"ids\":[260]}\n");
        CHECK(heddle.err().find("line 2 of standard input") != std::string::npos);
    }
}

TEST_CASE("model tokenize: a folder may hold a tokenizer alone") {
    Program heddle;
    const std::vector<std::string> words{"model", "tokenize", "--model", vectors / "tokenizer-v3.2", "--control"};
    CHECK(heddle.run(words, "<think>") == exit_done);
    CHECK(heddle.out() == "[128798]\n");
    heddle.check_refusal(heddle.run({"model", "tokenize", "--model", heddle.workspace()}, "x"), exit_environment,
                         "tokenizer.json");
    heddle.check_refusal(heddle.run({"model", "tokenize"}, "x"), exit_usage, "--model is required");
}

TEST_CASE("model eval: logits are float32 [n, vocabulary], selections int32 [layers, n, top_k] padded with -1") {
    Program heddle;
    const std::string ids = heddle.write("ids.json", ids_text);
    const std::string logits = heddle.path("logits.npy"), selected = heddle.path("selected.npy");
    CHECK(heddle.eval({"--ids", ids, "--logits", logits, "--selected", selected}) == exit_done);
    const auto answer = Json::parse(heddle.out());
    CHECK(answer["tokens"] == ids_count);
    CHECK(answer["backend"] == "cpu");

    const Npy first(logits);
    CHECK(first.header.starts_with("{'descr': '<f4', 'fortran_order': False, 'shape': (12, 267), }"));
    const auto values = first.elements<float>();
    REQUIRE(values.size() == ids_count * test::small_vocabulary);
    const auto last = values.end() - test::small_vocabulary;
    CHECK(std::max_element(last, values.end()) - last == answer["next"].get<std::ptrdiff_t>());
    CHECK(*std::max_element(last, values.end()) == answer["logit"].get<float>());

    const Npy second(selected);
    CHECK(second.header.starts_with("{'descr': '<i4', 'fortran_order': False, 'shape': (3, 12, 8), }"));
    const auto positions = second.elements<std::int32_t>();
    REQUIRE(positions.size() == 3 * ids_count * 8);
    for (std::size_t i = 0; i < positions.size(); ++i) {
        const auto t = static_cast<std::int32_t>(i / 8 % ids_count), k = static_cast<std::int32_t>(i % 8);
        INFO("token ", t, ", entry ", k);
        if (t < 8) CHECK(positions[i] == (k <= t ? k : -1));
        CHECK(positions[i] <= t);
    }
}

TEST_CASE("model eval: its flags change what they name, and --chunk and --threads no bit") {
    Program heddle;
    const std::string ids = heddle.write("ids.json", "{\"ids\": " + ids_text + "}");
    const auto outcome = [&](std::vector<std::string> more) {
        const std::string logits = heddle.path("logits.npy"), selected = heddle.path("selected.npy");
        more.insert(more.end(), {"--ids", ids, "--logits", logits, "--selected", selected});
        CHECK(heddle.eval(more) == exit_done);
        return std::pair(bytes_of(logits), bytes_of(selected));
    };
    const auto usual = outcome({});
    CHECK(outcome({"--chunk", "5", "--threads", "3"}) == usual);
    CHECK(outcome({"--backend", "cpu", "--indexer", "int8", "--top-k", "8"}) == usual);
    CHECK(outcome({"--backend", "reference"}).first != usual.first);
    const auto dense = outcome({"--top-k", "12"});
    CHECK(dense.first != usual.first);
    CHECK(dense.second.find("(3, 12, 12)") != std::string::npos);
    CHECK(outcome({"--top-k", "4"}).second.find("(3, 12, 4)") != std::string::npos);
    // With everything selected the indexer's precision cannot show; with little of it selected it may.
    CHECK(outcome({"--top-k", "12", "--indexer", "exact"}) == dense);
    CHECK(heddle.eval({"--ids", ids}) == exit_done);
    CHECK(Json::parse(heddle.out())["tokens"] == ids_count);
}

TEST_CASE("model eval: says of each layer how many tokens attended to all and how many to a selection") {
    Program heddle;
    const std::string ids = heddle.write("ids.json", ids_text), logits = heddle.path("logits.npy");
    const auto answer = [&](std::vector<std::string> more) {
        more.insert(more.end(), {"--ids", ids, "--logits", logits, "--chunk", "5"});
        CHECK(heddle.eval(more) == exit_done);
        return Json::parse(heddle.out());
    };
    const Json sparse = answer({});
    CHECK(sparse["dense_tokens"] == Json({8, 8, 8}));
    CHECK(sparse["sparse_tokens"] == Json({4, 4, 4}));
    const Json all = answer({"--top-k", "12"});
    const std::string expected = bytes_of(logits);
    const Json dense = answer({"--dense"});
    CHECK(dense["dense_tokens"] == Json({12, 12, 12}));
    CHECK(dense["sparse_tokens"] == Json({0, 0, 0}));
    CHECK(bytes_of(logits) == expected);  // a selection of everything is everything
    CHECK(dense["logit"] == all["logit"]);
    for (const char* option : {"--selected", "--heat"}) {
        heddle.check_refusal(heddle.eval({"--ids", ids, "--dense", option, heddle.path("x.svg")}), exit_usage, option);
    }
}

TEST_CASE("model eval: what the user got wrong is exit code 2 and names it") {
    Program heddle;
    const std::string ids = heddle.write("ids.json", ids_text);
    const auto refused = [&](const std::vector<std::string>& words, const std::string& part) {
        heddle.check_refusal(heddle.eval(words), exit_usage, part);
    };
    refused({}, "--ids is required");
    refused({"--ids", heddle.path("none.json")}, "none.json");
    refused({"--ids", heddle.workspace()}, "work");
    for (const char* text : {"", "{}", "[]", "7", "[1, -1]", "[1.5]", "[\"a\"]", "[[1]]", "[4294967296]", "[1,"}) {
        INFO(text);
        refused({"--ids", heddle.write("bad.json", text)}, "bad.json");
    }
    refused({"--ids", heddle.write("big.json", "[1, 267]")}, "Token 267");
    refused({"--ids", ids, "--backend", "gpu"}, "--backend");
    refused({"--ids", ids, "--indexer", "fp16"}, "--indexer");
    for (const char* option : {"--chunk", "--top-k"}) {
        for (const char* value : {"0", "-1", "x", "1.5", "99999999999"}) refused({"--ids", ids, option, value}, option);
    }
    refused({"--ids", ids, "--threads", "-1"}, "--threads");
    refused({"--ids", ids, "--no-such-flag"}, "--no-such-flag");
    refused({"--ids", ids, "word"}, "word");
}

TEST_CASE("model eval: what it cannot write is one line and exit code 3") {
    Program heddle;
    const std::string ids = heddle.write("ids.json", ids_text);
    const auto refused = [&](const std::vector<std::string>& words, const std::string& part) {
        heddle.check_refusal(heddle.eval(words), exit_environment, part);
    };
    refused({"--ids", ids, "--logits", heddle.path("none/out.npy")}, "none/out.npy: No such file or directory");
    refused({"--ids", ids, "--selected", heddle.workspace()}, "Is a directory");
    refused({"--ids", ids, "--logits", "/dev/full"}, "/dev/full: No space left on device");
    const std::string spoilt = "not a header at all";
    const auto broken = heddle.model_with("model.safetensors", &spoilt);
    heddle.check_refusal(heddle.run({"model", "eval", "--model", broken, "--ids", ids}), exit_environment,
                         "model.safetensors");
}

TEST_CASE("model: no subcommand, or an unknown one, is a usage error; help is not") {
    Program heddle;
    heddle.check_refusal(heddle.run({"model"}), exit_usage, "A subcommand is required");
    heddle.check_refusal(heddle.run({"model", "melt"}), exit_usage, "subcommand");
    CHECK(heddle.run({"model", "eval", "--help"}) == exit_done);
    CHECK(heddle.out().find("--indexer") != std::string::npos);
}
