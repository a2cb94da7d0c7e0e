// tests/tools/secrets_test.cpp: Which values of the environment are kept from texts.
#include "tools/secrets.h"

#include <doctest.h>

#include "tools/clip.h"

using heddle::tools::Secrets;
using Variables = std::map<std::string, std::string>;

TEST_CASE("secrets: a name says that its value is secret by one of its words") {
    for (const char* name : {"API_KEY", "GITHUB_TOKEN", "db_password", "AWS_SECRET_ACCESS_KEY", "TOKEN", "MY_AUTH"}) {
        CAPTURE(name);
        CHECK(Secrets::is_secret_name(name));
    }
    for (const char* name : {"PATH", "HOME", "KEYBOARD", "PWD", "OLDPWD", "TOKENIZER", "", "_"}) {
        CAPTURE(name);
        CHECK(!Secrets::is_secret_name(name));
    }
}

TEST_CASE("secrets: each place of a value is masked with its name, and nothing else is touched") {
    const Secrets secrets(Variables{{"A_KEY", "abcdefgh"}, {"LONG_TOKEN", "abcdefgh-1234"}, {"PLAIN", "something"}});
    CHECK(secrets.masked("x=abcdefgh abcdefgh-1234abcdefgh something") ==
          "x=[secret A_KEY] [secret LONG_TOKEN][secret A_KEY] something");
    CHECK(secrets.masked("") == "");
    CHECK(Secrets().masked("abcdefgh") == "abcdefgh");
}

TEST_CASE("secrets: what a clip leaves of one on either side of its line is masked, wherever it cuts") {
    const std::string value = "abcdefgh-1234";
    const Secrets secrets(Variables{{"A_KEY", value}, {"B_KEY", "zyxwvuts"}});
    for (std::size_t at = 0; at <= value.size(); ++at) {
        CAPTURE(at);
        const std::string head = std::string(heddle::tools::text_bytes_max / 2 - at, 'x');
        const std::string text = secrets.masked(heddle::tools::clipped(head + value + std::string(30'000, 'y')));
        for (std::size_t size = 4; size <= value.size(); ++size) CHECK(text.find(value.substr(0, size)) == text.npos);
        const std::string tail = std::string(heddle::tools::text_bytes_max / 2 - at, 'y');
        const std::string other = secrets.masked(heddle::tools::clipped(std::string(30'000, 'x') + value + tail));
        for (std::size_t size = 4; size <= value.size(); ++size)
            CHECK(other.find(value.substr(value.size() - size)) == other.npos);
    }
    const std::string both = "1 zyxwvu\n[... 5 bytes left out ...]\nwvuts 2\n[... 7 bytes left out ...]\nvuts";
    CHECK(secrets.masked(both) ==
          "1 [part of secret B_KEY]\n[... 5 bytes left out ...]\n[part of secret B_KEY] 2\n[... 7 bytes left out "
          "...]\n[part of secret B_KEY]");
    const std::string two = "zyxwvuts abcdefgh-1\n[... 5 bytes left out ...]\nwvuts abcd";
    CHECK(secrets.masked(two) ==
          "[secret B_KEY] [part of secret A_KEY]\n[... 5 bytes left out ...]\n[part of secret B_KEY] abcd");
    CHECK(secrets.masked(" bytes left out ...]\nvuts zyxwv\n[... ") == " bytes left out ...]\nvuts zyxwv\n[... ");
}

TEST_CASE("secrets: a record is masked in all its texts") {
    const Secrets secrets(Variables{{"A_KEY", "abcdefgh"}});
    heddle::prompts::Json record = {{"drawn", "x abcdefgh"}, {"list", {"abcdefgh", 5}}, {"abcdefgh", nullptr}};
    secrets.mask(record);
    CHECK(record.dump() == R"({"drawn":"x [secret A_KEY]","list":["[secret A_KEY]",5],"abcdefgh":null})");
}

TEST_CASE("secrets: a short value is in too many texts, and a path is where a secret lies") {
    const Secrets secrets(Variables{{"A_KEY", "1234567"}, {"SSH_AUTH_SOCK", "/run/agent.sock"}});
    CHECK(secrets.masked("1234567 /run/agent.sock") == "1234567 /run/agent.sock");
}
