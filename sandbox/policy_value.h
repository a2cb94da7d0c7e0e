// sandbox/policy_value.h: One value of a policy file, read as what it must be, or refused with its place.
#pragma once

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <toml++/toml.h>
#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "sandbox/policy_file.h"
#include "sandbox/printable.h"

namespace heddle::sandbox {

struct PolicyValue {
    const toml::node& node;
    const PolicySource& source;
    std::string name;  // "fs.workspace"; empty for the whole file
};

// Throws Error: "use the policy FILE:LINE:COLUMN: why".
[[noreturn]] void refuse(const PolicySource& source, const toml::source_region& at, const std::string& why);
// The same: "... NAME must be WANTED".
[[noreturn]] void refuse(const PolicyValue& value, const std::string& wanted);

std::string text_of(const PolicyValue& value, const std::string& wanted);  // not empty, without control characters
bool flag_of(const PolicyValue& value);
std::int64_t number_of(const PolicyValue& value, std::int64_t low, std::int64_t high);
const toml::array& list_of(const PolicyValue& value, const std::string& wanted);

// `each` makes of an item and its text what is kept, or refuses it.
template <typename Each>
auto texts_of(const PolicyValue& value, const std::string& wanted, Each each) {
    std::vector<std::invoke_result_t<Each, const PolicyValue&, const std::string&>> texts;
    for (const toml::node& node : list_of(value, wanted)) {
        const PolicyValue item{node, value.source, "an item of " + value.name};
        texts.push_back(each(item, text_of(item, wanted)));
    }
    return texts;
}

template <typename Choice, std::size_t n>
Choice choice_of(const PolicyValue& value, const std::pair<const char*, Choice> (&choices)[n]) {
    std::string wanted;
    for (const auto& [name, choice] : choices) wanted += fmt::format("{}\"{}\"", wanted.empty() ? "" : " or ", name);
    const std::string text = text_of(value, wanted);
    for (const auto& [name, choice] : choices)
        if (text == name) return choice;
    refuse(value, wanted);
}

// `keys` have a name and a read(target, value).
template <typename Target, typename Keys>
void read_table(Target& target, const PolicyValue& value, const Keys& keys) {
    const toml::table* table = value.node.as_table();
    if (table == nullptr) refuse(value, "a table");
    for (const auto& [key, node] : *table) {
        const auto known =
            std::find_if(std::begin(keys), std::end(keys), [&](const auto& one) { return key.str() == one.name; });
        if (known == std::end(keys)) {
            Texts names;
            for (const auto& one : keys) names.emplace_back(one.name);
            refuse(value.source, key.source(),
                   fmt::format("there is no key {}{}; there are {}", printable(key.str()),
                               value.name.empty() ? "" : " in " + value.name, fmt::join(names, ", ")));
        }
        known->read(target, {node, value.source, value.name.empty() ? known->name : value.name + "." + known->name});
    }
}

}  // namespace heddle::sandbox
