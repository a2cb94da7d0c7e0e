// runtime/config.cpp: What the user has settled beforehand: defaults, then the file, then the environment.
#include "runtime/config.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <toml++/toml.h>
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fstream>
#include <iterator>
#include <limits>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/error.h"
#include "runtime/terminal_text.h"
#include "sandbox/toml_scan.h"

namespace heddle {

namespace fs = std::filesystem;

namespace {

// One value, from either source, and where it stands for the error.
struct Value {
    const toml::node* node = nullptr;  // of the file; none: `text` of the environment
    std::string text, where;
    fs::path folder;  // relative paths start here
};

[[noreturn]] void refuse(const Value& value, std::string_view wanted) {
    throw Error(fmt::format("{}: it must be {}", value.where, wanted));
}

template <typename Number>
std::optional<Number> number_in(const Value& value) {
    if (value.node != nullptr) {
        if constexpr (std::is_floating_point_v<Number>) {
            if (value.node->is_number()) return value.node->value<Number>();
        } else if (value.node->is_integer()) {
            const auto number = *value.node->value<std::int64_t>();
            if (std::in_range<Number>(number)) return static_cast<Number>(number);
        }
        return std::nullopt;
    }
    Number number{};
    const char* end = value.text.data() + value.text.size();
    const auto [at, error] = std::from_chars(value.text.data(), end, number);
    if (error != std::errc() || at != end) return std::nullopt;
    return number;
}

template <typename Number>
Number number_of(const Value& value, Number low, Number high) {
    const auto number = number_in<Number>(value);
    if (!number || !(*number >= low && *number <= high)) {
        refuse(value, fmt::format("a {} from {} to {}", std::is_floating_point_v<Number> ? "number" : "whole number",
                                  low, high));
    }
    return *number;
}

std::string text_of(const Value& value, std::string_view wanted) {
    std::string text = value.text;
    if (value.node != nullptr) {
        if (!value.node->is_string()) refuse(value, wanted);
        text = *value.node->value<std::string>();
    }
    if (text.empty()) refuse(value, wanted);
    return text;
}

bool flag_of(const Value& value) {
    if (value.node != nullptr && value.node->is_boolean()) return *value.node->value<bool>();
    if (value.text == "true" || value.text == "1") return true;
    if (value.text == "false" || value.text == "0") return false;
    refuse(value, "true or false");
}

std::string one_of(const Value& value, const std::vector<std::string>& words) {
    const std::string wanted =
        fmt::format("\"{}\" or \"{}\"", fmt::join(words.begin(), words.end() - 1, "\", \""), words.back());
    auto word = text_of(value, wanted);
    if (std::ranges::find(words, word) == words.end()) refuse(value, wanted);
    return word;
}

prompts::Retention retention_of(const Value& value) {
    const char* wanted = "\"until_user\", \"all_if_tools\", \"all\" or \"none\"";
    const auto policy = prompts::retention_named(text_of(value, wanted));
    if (!policy) refuse(value, wanted);
    return *policy;
}

// A list of strings, or what stands between commas.
std::string list_of(const Value& value, const char* wanted) {
    if (value.node == nullptr || !value.node->is_array()) return text_of(value, wanted);
    std::string list;
    for (const auto& name : *value.node->as_array()) {
        if (!name.is_string()) refuse(value, wanted);
        list += (list.empty() ? "" : ",") + *name.value<std::string>();
    }
    return list;
}

// What `parse` makes of a list.
template <typename Parse>
auto parsed(const Value& value, const char* wanted, Parse parse) {
    try {
        return parse(list_of(value, wanted));
    } catch (const std::invalid_argument& wrong) {
        throw Error(fmt::format("{}: {}", value.where, wrong.what()));
    }
}

std::vector<tools::CallRule> rules_in(const Value& value) {
    return parsed(value, "a list of rules as \"bash(git push *)\"", tools::known_call_rules);
}

constexpr auto count_max = std::numeric_limits<int>::max();

struct Setting {
    const char* key;
    void (*set)(Config&, const Value&);
};

const Setting settings[] = {
    {"model", [](Config& c, const Value& v) { c.model = v.folder / text_of(v, "the path of a checkpoint's folder"); }},
    {"backend",
     [](Config& c, const Value& v) {
         c.backend = one_of(v, {"cpu", "reference"});
     }},
    {"threads", [](Config& c, const Value& v) { c.threads = number_of<int>(v, 0, 4096); }},
    {"temperature", [](Config& c, const Value& v) { c.temperature = number_of<double>(v, 0, 10); }},
    {"top_p", [](Config& c, const Value& v) { c.top_p = number_of<double>(v, 1e-6, 1); }},
    {"seed", [](Config& c, const Value& v) { c.seed = number_of<std::uint64_t>(v, 0, ~std::uint64_t{0}); }},
    {"thinking", [](Config& c, const Value& v) { c.thinking = flag_of(v); }},
    {"retention", [](Config& c, const Value& v) { c.retention = retention_of(v); }},
    {"steps", [](Config& c, const Value& v) { c.steps = number_of<int>(v, 1, count_max); }},
    {"tokens", [](Config& c, const Value& v) { c.tokens = number_of<std::int64_t>(v, 1, 1'000'000'000'000); }},
    {"time", [](Config& c, const Value& v) { c.time = number_of<std::int64_t>(v, 1, 1'000'000'000); }},
    {"reply_tokens", [](Config& c, const Value& v) { c.reply_tokens = number_of<int>(v, 1, count_max); }},
    {"tools", [](Config& c, const Value& v) { c.tools = parsed(v, "a list of names of tools", tools::tools_of); }},
    {"deny", [](Config& c, const Value& v) { c.rules.deny = rules_in(v); }},
    {"ask", [](Config& c, const Value& v) { c.rules.ask = rules_in(v); }},
    {"allow", [](Config& c, const Value& v) { c.rules.allow = rules_in(v); }},
    {"approval",
     [](Config& c, const Value& v) {
         c.rules.asks_otherwise = one_of(v, {"allow", "ask"}) == "ask";
     }},
    {"search",
     [](Config& c, const Value& v) {
         c.search = one_of(v, {"local", "searxng", "brave"});
     }},
    {"search_url", [](Config& c, const Value& v) { c.search_url = text_of(v, "the URL of a search server"); }},
    {"search_key", [](Config& c, const Value& v) { c.search_key = text_of(v, "the key of a search service"); }},
};

std::string variable_of(const char* key) {
    std::string name = "HEDDLE_";
    for (const char* at = key; *at != '\0'; ++at) name += *at == '_' ? '_' : static_cast<char>(*at - 'a' + 'A');
    return name;
}

// An empty variable counts as not set, as the XDG rules have it.
const char* get(const Environment& environment, const char* name) {
    const char* value = environment(name);
    return value != nullptr && *value != '\0' ? value : nullptr;
}

void apply_file(Config& config, const fs::path& file) {
    std::error_code error;
    if (!fs::exists(file, error) && !error) return;
    if (fs::is_directory(file, error)) throw Error(fmt::format("cannot read {}: it is a folder", file.string()));
    std::ifstream in(file, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    if (!in) throw Error(fmt::format("cannot read {}: {}", file.string(), std::strerror(errno)));
    if (const auto stray = sandbox::find_stray_letter(text))
        throw Error(fmt::format("{}:{}: {}", file.string(), stray->line, sandbox::stray_letter_words));
    toml::table table;
    try {
        table = toml::parse(text, file.string());
    } catch (const toml::parse_error& wrong) {
        const auto line = wrong.source().begin.line;
        throw Error(
            fmt::format("{}{}: {}", file.string(), line > 0 ? fmt::format(":{}", line) : "", wrong.description()));
    } catch (const std::bad_exception&) {  // an assertion of the parser; see sandbox/CMakeLists.txt
        throw Error(fmt::format("{} is no TOML; lines are KEY = VALUE", file.string()));
    }
    for (const auto& [key, node] : table) {
        const auto at = fmt::format("{}:{}", file.string(), key.source().begin.line);
        const Setting* known = nullptr;
        for (const auto& setting : settings) {
            if (key.str() == setting.key) known = &setting;
        }
        if (known == nullptr) {
            std::vector<std::string_view> names;
            for (const auto& setting : settings) names.push_back(setting.key);
            throw Error(fmt::format("{}: there is no key \"{}\"; there are {}", at, printable_line(key.str()),
                                    fmt::join(names, ", ")));
        }
        known->set(config, {&node, "", fmt::format("{}: {}", at, known->key), file.parent_path()});
    }
}

Environment process_environment() {
    return [](const char* name) { return std::getenv(name); };
}

}  // namespace

Paths find_paths(const Environment& environment) {
    if (const char* home = get(environment, "HEDDLE_HOME")) {
        const fs::path folder = fs::absolute(home);
        return {folder / "config.toml", folder / "heddle.db", folder / "history", folder / "outputs",
                folder / "documents.db"};
    }
    const auto folder = [&](const char* variable, const char* below_home) {
        const char* set = get(environment, variable);
        if (set != nullptr && fs::path(set).is_absolute()) return fs::path(set) / "heddle";
        const char* home = get(environment, "HOME");
        if (home == nullptr) {
            throw Error(
                fmt::format("cannot tell where settings and sessions lie: neither HOME nor {} is set; set HEDDLE_HOME "
                            "to a folder of yours",
                            variable));
        }
        return fs::absolute(home) / below_home / "heddle";
    };
    const fs::path data = folder("XDG_DATA_HOME", ".local/share");
    const fs::path state = folder("XDG_STATE_HOME", ".local/state");
    return {folder("XDG_CONFIG_HOME", ".config") / "config.toml", data / "heddle.db", state / "history",
            state / "outputs", data / "documents.db"};
}

Config load_config(const Paths& paths, const Environment& environment) {
    Config config;
    apply_file(config, paths.config_file);
    for (const auto& setting : settings) {
        const std::string name = variable_of(setting.key);
        if (const char* text = get(environment, name.c_str()))
            setting.set(config, {nullptr, text, name, fs::current_path()});
    }
    return config;
}

Paths find_paths() {
    return find_paths(process_environment());
}

Config load_config() {
    return load_config(find_paths(), process_environment());
}

}  // namespace heddle
