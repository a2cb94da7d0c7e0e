// tools/secrets.h: Values of the environment that no model, no record and no terminal is to see.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "prompts/message.h"

namespace heddle::tools {

// Taken for secret are values of at least 8 bytes of variables whose names say so: API_KEY, GITHUB_TOKEN,
// DB_PASSWORD. This keeps a secret from being spread by accident; a program that wants to, can write it in other words.
class Secrets {
 public:
    Secrets() = default;  // none
    // Of variables and their values.
    explicit Secrets(const std::map<std::string, std::string>& environment);

    // The text with "[secret NAME]" in place of each, and "[part of secret NAME]" in place of what clipping left of
    // one.
    std::string masked(std::string_view text) const;

    // The same of every text in it but names.
    void mask(prompts::Json& record) const;

    static bool is_secret_name(std::string_view name);

 private:
    struct Half {
        std::size_t size = 0;  // of what is to be masked; 0: nothing
        std::string mask;
    };
    template <class IsThere>
    Half half_where(const IsThere& is_there) const;  // of a value and so many bytes of it
    void mask_halves(std::string& text) const;

    std::vector<std::pair<std::string, std::string>> values_;  // and their names; a longer one before those in it
};

// All variables of this process.
std::map<std::string, std::string> process_environment();

}  // namespace heddle::tools
