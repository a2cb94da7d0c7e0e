// tests/sandbox/policy_variables_test.cpp: Which variables of the host are not passed on by name alone.
#include "sandbox/policy_variables.h"

#include <doctest.h>

#include "sandbox/error.h"
#include "sandbox/policy_file.h"

using namespace heddle::sandbox;

TEST_CASE("policy_variables: what loads code or names a secret is not passed, what a build needs is") {
    for (const char* name :
         {"LD_PRELOAD", "ld_library_path", "BASH_ENV", "ENV", "PYTHONSTARTUP", "NODE_OPTIONS", "GIT_CONFIG_COUNT"})
        CHECK(why_not_passed(name) == "variable that loads code");
    for (const char* name : {"GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID_SECRET", "db_password",
                             "OPENAI_API_KEY", "SSH_AUTH_SOCK", "GH_PAT", "NPM_AUTH"})
        CHECK(why_not_passed(name) == "secret");
    for (const char* name : {"LANG", "TERM", "CI", "CC", "CFLAGS", "TZ", "KEYBOARD", "A"})
        CHECK(why_not_passed(name) == "");
}

TEST_CASE("policy_variables: a policy that passes one is refused, and one that sets it holds") {
    const PolicySource source{PolicyOrigin::user_config, "/p/policy.toml", "", "/h"};
    CHECK_THROWS_WITH_AS((void)parse_policy("version = 1\n[env]\npass = [\"GITHUB_TOKEN\"]\n", source),
                         doctest::Contains("no secret, as GITHUB_TOKEN is by its name; who means it writes it under "
                                           "env.set"),
                         Error);
    CHECK(parse_policy("version = 1\n[env]\nset = { GITHUB_TOKEN = \"x\" }\n", source).permissions.env.set->size() ==
          1);
}
