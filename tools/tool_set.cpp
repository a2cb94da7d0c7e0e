// tools/tool_set.cpp: The table of tools; a further one is a line here.
#include "tools/tool_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "tools/apply_patch.h"
#include "tools/bash.h"
#include "tools/bash_input.h"
#include "tools/clip.h"
#include "tools/edit_file.h"
#include "tools/find.h"
#include "tools/grep.h"
#include "tools/list.h"
#include "tools/open.h"
#include "tools/plan.h"
#include "tools/python.h"
#include "tools/read_file.h"
#include "tools/search.h"
#include "tools/submit.h"
#include "tools/write_file.h"

namespace heddle::tools {

namespace {

struct Entry {
    std::string_view name;
    bool is_standard;
    std::unique_ptr<Tool> (*make)(const std::vector<std::string>& names);  // of all tools of the conversation
};

template <class T>
std::unique_ptr<Tool> make(const std::vector<std::string>& /*names*/) {
    return std::make_unique<T>();
}

std::unique_ptr<Tool> make_bash(const std::vector<std::string>& names) {
    return std::make_unique<Bash>(std::ranges::find(names, "bash_input") != names.end());
}

constexpr Entry entries[] = {
    {"bash", true, make_bash},
    {"python", true, make<Python>},
    {"read_file", true, make<ReadFile>},
    {"bash_input", false, make<BashInput>},
    {"write_file", false, make<WriteFile>},
    {"edit_file", false, make<EditFile>},
    {"apply_patch", false, make<ApplyPatch>},
    {"list", false, make<List>},
    {"grep", false, make<Grep>},
    {"search", false, make<Search>},
    {"open", false, make<Open>},
    {"find", false, make<Find>},
    {"plan", false, make<Plan>},
    {"submit", false, make<Submit>},
};

const Entry* entry_of(std::string_view name) {
    const auto* const found = std::ranges::find(entries, name, &Entry::name);
    return found == std::end(entries) ? nullptr : found;
}

std::string_view known(std::string_view name) {
    if (entry_of(name) != nullptr) return name;
    throw std::invalid_argument(
        fmt::format("there is no tool \"{}\"; the tools are {}", one_line(name, 60), fmt::join(tool_names(), ", ")));
}

}  // namespace

std::vector<std::string> tool_names() {
    std::vector<std::string> names;
    for (const Entry& entry : entries) names.emplace_back(entry.name);
    return names;
}

std::vector<std::string> standard_tools() {
    std::vector<std::string> names;
    for (const Entry& entry : entries) {
        if (entry.is_standard) names.emplace_back(entry.name);
    }
    return names;
}

std::vector<std::string> tools_of(std::string_view list) {
    std::vector<std::string_view> wanted;
    for (std::size_t at = 0; at <= list.size();) {
        const std::size_t comma = std::min(list.find(',', at), list.size());
        wanted.push_back(known(trimmed(list.substr(at, comma - at))));
        at = comma + 1;
    }
    std::vector<std::string> names;
    for (const Entry& entry : entries) {
        if (std::ranges::find(wanted, entry.name) != wanted.end()) names.emplace_back(entry.name);
    }
    return names;
}

std::vector<CallRule> known_call_rules(std::string_view list) {
    std::vector<CallRule> rules = call_rules_of(list);
    for (const CallRule& rule : rules) known(rule.tool());
    return rules;
}

std::vector<prompts::ToolSpec> specs_of(const std::vector<std::string>& names) {
    std::vector<prompts::ToolSpec> specs;
    for (const std::string& name : names) specs.push_back(entry_of(name)->make(names)->spec());
    return specs;
}

void add_tools(Dispatcher& dispatcher, const std::vector<std::string>& names) {
    for (const std::string& name : names) dispatcher.add(entry_of(name)->make(names));
}

}  // namespace heddle::tools
