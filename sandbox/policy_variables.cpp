// sandbox/policy_variables.cpp: Names of what loads code, names of what opens doors.
#include "sandbox/policy_variables.h"

#include <algorithm>
#include <iterator>

namespace heddle::sandbox {

namespace {

// Read by loaders, shells and interpreters before the command itself.
constexpr std::string_view loaders[] = {
    "BASH_ENV",      "ENV",        "PROMPT_COMMAND",    "SHELLOPTS", "BASHOPTS", "PYTHONPATH",
    "PYTHONSTARTUP", "PYTHONHOME", "NODE_OPTIONS",      "PERL5OPT",  "PERL5LIB", "RUBYOPT",
    "RUBYLIB",       "GCONV_PATH", "JAVA_TOOL_OPTIONS", "IFS",       "GIT_SSH",  "GIT_EXEC_PATH"};
constexpr std::string_view loader_starts[] = {"LD_", "DYLD_", "GLIBC_", "GIT_CONFIG", "BASH_FUNC_"};

constexpr std::string_view secret_parts[] = {"TOKEN",  "SECRET",     "PASSWORD", "PASSWD",      "PASSPHRASE",
                                             "APIKEY", "CREDENTIAL", "COOKIE",   "PRIVATE_KEY", "DATABASE_URL"};
constexpr std::string_view secret_ends[] = {"_KEY", "_PASS", "_PAT", "_AUTH", "_SOCK", "_DSN"};

template <typename List, typename Holds>
bool any(const List& list, const Holds& holds) {
    return std::any_of(std::begin(list), std::end(list), holds);
}

std::string upper_case(std::string_view text) {
    std::string result(text);
    for (char& c : result)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return result;
}

}  // namespace

std::string why_not_passed(std::string_view name) {
    const std::string upper = upper_case(name);
    if (any(loaders, [&](auto one) { return one == upper; }) ||
        any(loader_starts, [&](auto start) { return upper.starts_with(start); }))
        return "variable that loads code";
    if (any(secret_parts, [&](auto part) { return upper.find(part) != upper.npos; }) ||
        any(secret_ends, [&](auto end) { return upper.ends_with(end); }))
        return "secret";
    return "";
}

}  // namespace heddle::sandbox
