// tests/runtime/config_test.cpp: Where settings come from, which one wins, and what is refused, with its place.
#include "runtime/config.h"

#include <doctest.h>

#include <fstream>
#include <map>
#include <string>

#include "runtime/error.h"
#include "tests/support/temp_folder.h"

using namespace heddle;

namespace {

using Variables = std::map<std::string, std::string>;

Environment environment(const Variables& variables) {
    return [variables](const char* name) -> const char* {
        const auto found = variables.find(name);
        return found == variables.end() ? nullptr : found->second.c_str();
    };
}

struct Given {
    std::string file;
    Variables variables;

    Config load() const {
        test::TempFolder folder;
        std::ofstream(folder.path() / "config.toml") << file;
        Variables all = variables;
        all["HEDDLE_HOME"] = folder.path();
        return load_config(find_paths(environment(all)), environment(all));
    }
    // With the file's folder left out.
    std::string error() const {
        try {
            load();
        } catch (const Error& error) {
            std::string text = error.what();
            const auto at = text.find("config.toml");
            return at == std::string::npos ? text : text.substr(at);
        }
        return "";
    }
};

}  // namespace

TEST_CASE("config: HEDDLE_HOME stands above the XDG folders, and these above HOME") {
    Variables variables{{"HOME", "/home/a"}};
    const auto paths = [&] { return find_paths(environment(variables)); };
    CHECK(paths().config_file == "/home/a/.config/heddle/config.toml");
    CHECK(paths().store == "/home/a/.local/share/heddle/heddle.db");
    CHECK(paths().history == "/home/a/.local/state/heddle/history");
    variables["XDG_DATA_HOME"] = "/data";
    variables["XDG_CONFIG_HOME"] = "relative/is/ignored";
    variables["XDG_STATE_HOME"] = "";
    CHECK(paths().store == "/data/heddle/heddle.db");
    CHECK(paths().documents == "/data/heddle/documents.db");
    CHECK(paths().config_file == "/home/a/.config/heddle/config.toml");
    CHECK(paths().history == "/home/a/.local/state/heddle/history");
    variables["HEDDLE_HOME"] = "/all";
    CHECK(paths().config_file == "/all/config.toml");
    CHECK(paths().store == "/all/heddle.db");
    CHECK(paths().documents == "/all/documents.db");
    CHECK(paths().history == "/all/history");
    variables = {};
    CHECK_THROWS_WITH_AS(paths(), doctest::Contains("set HEDDLE_HOME"), Error);
}

TEST_CASE("config: defaults, then the file, then the environment") {
    CHECK(Given{}.load().steps == 50);
    CHECK(!Given{}.load().model);
    const Given both{"steps = 7\ntop_p = 1\ntemperature = 0.5 # warm\n",
                     {{"HEDDLE_STEPS", "9"}, {"HEDDLE_TOKENS", ""}}};
    const Config config = both.load();
    CHECK(config.steps == 9);
    CHECK(config.temperature == 0.5);
    CHECK(config.top_p == 1.0);
    CHECK(config.tokens == 200'000);
}

TEST_CASE("config: every key is read from both sources") {
    const Given file{
        "model = \"/m\"\nbackend = \"reference\"\nthreads = 3\ntemperature = 0\ntop_p = 0.9\nseed = 12\nthinking = "
        "false\n"
        "retention = \"all\"\nsteps = 1\ntokens = 2\ntime = 3\nreply_tokens = 4\ntools = [\"read_file\", \"bash\"]\n"
        "deny = \"bash(git push *)\"\nask = [\"python\"]\nallow = [\"bash(ls *)\", \"edit_file(src/*)\"]\n"
        "approval = \"ask\"\n"
        "search = \"brave\"\nsearch_url = \"https://s/\"\nsearch_key = \"k\"\n",
        {}};
    const Given variables{"",
                          {{"HEDDLE_MODEL", "/m"},
                           {"HEDDLE_BACKEND", "reference"},
                           {"HEDDLE_THREADS", "3"},
                           {"HEDDLE_TEMPERATURE", "0"},
                           {"HEDDLE_TOP_P", "0.9"},
                           {"HEDDLE_SEED", "12"},
                           {"HEDDLE_THINKING", "0"},
                           {"HEDDLE_RETENTION", "all"},
                           {"HEDDLE_STEPS", "1"},
                           {"HEDDLE_TOKENS", "2"},
                           {"HEDDLE_TIME", "3"},
                           {"HEDDLE_REPLY_TOKENS", "4"},
                           {"HEDDLE_TOOLS", "read_file, bash"},
                           {"HEDDLE_DENY", "bash(git push *)"},
                           {"HEDDLE_ASK", "python"},
                           {"HEDDLE_ALLOW", "bash(ls *), edit_file(src/*)"},
                           {"HEDDLE_APPROVAL", "ask"},
                           {"HEDDLE_SEARCH", "brave"},
                           {"HEDDLE_SEARCH_URL", "https://s/"},
                           {"HEDDLE_SEARCH_KEY", "k"}}};
    for (const Given* given : {&file, &variables}) {
        const Config config = given->load();
        CHECK(config.model == "/m");
        CHECK(config.backend == "reference");
        CHECK(config.threads == 3);
        CHECK(config.temperature == 0.0);
        CHECK(config.top_p == 0.9);
        CHECK(config.seed == 12);
        CHECK(!config.thinking);
        CHECK(config.retention == prompts::Retention::all);
        CHECK(config.steps == 1);
        CHECK(config.tokens == 2);
        CHECK(config.time == 3);
        CHECK(config.reply_tokens == 4);
        CHECK(config.tools == std::vector<std::string>{"bash", "read_file"});
        REQUIRE(config.rules.deny.size() == 1);
        CHECK(config.rules.deny[0].text() == "bash(git push *)");
        REQUIRE(config.rules.ask.size() == 1);
        CHECK(config.rules.ask[0].text() == "python");
        REQUIRE(config.rules.allow.size() == 2);
        CHECK(config.rules.allow[1].text() == "edit_file(src/*)");
        CHECK(config.rules.asks_otherwise);
        CHECK(config.search == "brave");
        CHECK(config.search_url == "https://s/");
        CHECK(config.search_key == "k");
    }
}

TEST_CASE(
    "config: a relative model of the file lies beside the file, one of the environment below the current folder") {
    const auto file = Given{"model = \"models/a\"", {}}.load();
    CHECK(file.model->parent_path().filename() == "models");
    CHECK(file.model->is_absolute());
    CHECK(*file.model != std::filesystem::current_path() / "models/a");
    CHECK(Given{"", {{"HEDDLE_MODEL", "models/a"}}}.load().model == std::filesystem::current_path() / "models/a");
}

TEST_CASE("config: an unknown key is refused with its line and the keys that there are") {
    CHECK(Given{"steps = 3\n\ntempratur = 1\n", {}}.error().starts_with(
        "config.toml:3: there is no key \"tempratur\"; there are model, backend, "));
    CHECK(Given{"[limits]\nsteps = 3\n", {}}.error().starts_with("config.toml:1: there is no key \"limits\""));
}

TEST_CASE("config: a value of the wrong kind or out of bounds is refused, with its place and what it must be") {
    CHECK(Given{"\nsteps = 0", {}}.error() == "config.toml:2: steps: it must be a whole number from 1 to 2147483647");
    CHECK(Given{"steps = 99999999999", {}}.error().find("whole number") != std::string::npos);
    CHECK(Given{"steps = 1.5", {}}.error().find("whole number") != std::string::npos);
    CHECK(Given{"steps = \"3\"", {}}.error().find("whole number") != std::string::npos);
    CHECK(Given{"seed = -1", {}}.error().find("whole number") != std::string::npos);
    CHECK(Given{"temperature = nan", {}}.error() == "config.toml:1: temperature: it must be a number from 0 to 10");
    CHECK(Given{"deny = \"bahs(ls)\"", {}}.error().starts_with(
        "config.toml:1: deny: there is no tool \"bahs\"; the tools are bash, "));
    CHECK(Given{"ask = [\"bash(ls\"]", {}}.error().find("its bracket does not end") != std::string::npos);
    CHECK(Given{"approval = \"no\"", {}}.error() == "config.toml:1: approval: it must be \"allow\" or \"ask\"");
    CHECK(Given{"top_p = 0", {}}.error().find("top_p") != std::string::npos);
    CHECK(Given{"thinking = 1", {}}.error() == "config.toml:1: thinking: it must be true or false");
    CHECK(Given{"model = \"\"", {}}.error().find("checkpoint's folder") != std::string::npos);
    CHECK(Given{"backend = \"cuda9\"", {}}.error().find("\"cpu\" or \"reference\"") != std::string::npos);
    CHECK(Given{"retention = \"some\"", {}}.error().find("until_user") != std::string::npos);
    CHECK(Given{"retention = [\"all\"]", {}}.error().find("until_user") != std::string::npos);
    CHECK(Given{"", {{"HEDDLE_STEPS", "many"}}}.error() ==
          "HEDDLE_STEPS: it must be a whole number from 1 to 2147483647");
    CHECK(Given{"", {{"HEDDLE_TOP_P", "0.5x"}}}.error().starts_with("HEDDLE_TOP_P: it must be a number"));
    CHECK(Given{"", {{"HEDDLE_THINKING", "maybe"}}}.error() == "HEDDLE_THINKING: it must be true or false");
}

TEST_CASE("config: a file that is no TOML is refused with its line, in one line") {
    for (const char* text : {"steps = 3\nsteps = 4\n", "steps 3", "a = \"\x01\"", "\xff\xfe", "[", "steps = 3 4"}) {
        const std::string error = Given{text, {}}.error();
        INFO(error);
        CHECK(error.starts_with("config.toml:"));
        CHECK(error.find('\n') == std::string::npos);
    }
}

TEST_CASE("config: what the parser itself trips over is refused, too") {
    CHECK(Given{"[,]", {}}.error().starts_with("config.toml is no TOML"));
    for (const char* text : {"steps = \xc5\x99", "\nsteps = 0e777!77[\"LA\xd0\xb8\"]", "model = \"\xc3\xa9\""})
        CHECK(Given{text, {}}.error().find(": letters beyond ASCII stand in comments only") != std::string::npos);
    CHECK(Given{"# \xc3\xa9\nmodel = \"/\\u00e9\"", {}}.load().model == "/\xc3\xa9");
}

TEST_CASE("config: a file that cannot be read is not taken for a missing one") {
    test::TempFolder folder;
    std::filesystem::create_directory(folder.path() / "config.toml");
    const Paths paths{folder.path() / "config.toml", "", "", "", ""};
    CHECK_THROWS_WITH_AS(load_config(paths, environment({})), doctest::Contains("config.toml"), Error);
}
