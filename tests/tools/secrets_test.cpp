// tests/tools/secrets_test.cpp: Which values of the environment are kept from texts.
#include "tools/secrets.h"

#include <doctest.h>

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

TEST_CASE("secrets: a short value is in too many texts, and a path is where a secret lies") {
    const Secrets secrets(Variables{{"A_KEY", "1234567"}, {"SSH_AUTH_SOCK", "/run/agent.sock"}});
    CHECK(secrets.masked("1234567 /run/agent.sock") == "1234567 /run/agent.sock");
}
