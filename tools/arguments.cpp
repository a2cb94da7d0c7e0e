// tools/arguments.cpp: JSON Schema by valijson; the words for what it refuses are ours, since a model reads them.
#include "tools/arguments.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <utility>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "prompts/json_text.h"
#include "tools/clip.h"

namespace heddle::tools {

namespace {

using prompts::Json;

constexpr int depth_max = 64;                  // copies and validation recurse; no tool needs half of it
constexpr std::size_t quoted_bytes_max = 100;  // of a name that a model made up

std::string quoted(const std::string& name) {
    return "\"" + one_line(name, quoted_bytes_max) + "\"";
}

// Walks with a stack of its own: the text of a call can nest a hundred thousand brackets.
bool is_too_deep(const Json& value) {
    std::vector<std::pair<const Json*, int>> open{{&value, 0}};
    while (!open.empty()) {
        const auto [node, depth] = open.back();
        open.pop_back();
        if (!node->is_structured()) continue;
        if (depth == depth_max) return true;
        for (const auto& child : *node) open.emplace_back(&child, depth + 1);
    }
    return false;
}

const Json& parameters_of(const prompts::ToolSpec& spec) {
    static const Json none = Json::object();
    const auto found = spec.function.find("parameters");
    return found != spec.function.end() && found->is_object() ? *found : none;
}

const Json& property_of(const Json& parameters, const std::string& name) {
    static const Json none;
    const auto properties = parameters.find("properties");
    if (properties == parameters.end()) return none;
    const auto found = properties->find(name);
    return found == properties->end() ? none : *found;
}

std::string type_of(const Json& property) {
    const auto type = property.find("type");
    return type != property.end() && type->is_string() ? type->get<std::string>() : "";
}

// "12" and 12.0 mean 12; nothing else is guessed.
std::optional<std::int64_t> as_integer(const Json& value) {
    if (value.is_string()) {
        const auto& text = value.get_ref<const std::string&>();
        std::int64_t number = 0;
        const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (failure != std::errc() || end != text.data() + text.size()) return {};
        return number;
    }
    if (!value.is_number_float()) return {};
    const double number = value.get<double>();
    constexpr double exact_max = 9007199254740992;  // 2^53: beyond it a double names no single integer
    if (std::trunc(number) != number || std::abs(number) > exact_max) return {};
    return static_cast<std::int64_t>(number);
}

Json example_of(const std::string& name, const Json& property) {
    // What a string argument usually holds can be told from its name better than from its type.
    static const std::map<std::string, std::string> usual = {
        {"command", "ls"}, {"code", "print(6 * 7)"}, {"path", "notes.txt"}};
    const std::string type = type_of(property);
    const auto choices = property.find("enum");
    if (choices != property.end() && !choices->empty()) return (*choices)[0];
    if (type == "integer" || type == "number") return property.value("minimum", Json(1));
    if (type == "boolean") return true;
    if (type == "array") {
        const auto items = property.find("items");
        return items == property.end() ? Json::array() : Json::array({example_of("", *items)});
    }
    if (type == "object") {
        const Json properties = property.value("properties", Json::object());
        Json object = Json::object();
        for (const auto& [inner, its] : properties.items()) object[inner] = example_of(inner, its);
        return object;
    }
    const auto found = usual.find(name);
    return found == usual.end() ? "text" : found->second;
}

std::string with_article(const std::string& type) {
    return (type == "integer" || type == "array" || type == "object" ? "an " : "a ") + type;
}

// Tools read integers as signed; one that only an unsigned could hold is none.
bool is_integer(const Json& value) {
    constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
    return value.is_number_integer() && (!value.is_number_unsigned() || value.get<std::uint64_t>() <= most);
}

bool has_type(const Json& value, const std::string& type) {
    if (type == "integer") return is_integer(value);
    if (type == "number") return value.is_number();
    if (type == "string") return value.is_string();
    if (type == "boolean") return value.is_boolean();
    if (type == "array") return value.is_array();
    if (type == "object") return value.is_object();
    return true;
}

// What valijson says of the first value that it refuses, and the argument that the value stands in.
struct Refusal {
    std::string argument, reason;
};

std::optional<Refusal> refusal_of(const Json& parameters, const Json& arguments) {
    const nlohmann::json schema_json = parameters, target = arguments;
    valijson::Schema schema;
    valijson::SchemaParser().populateSchema(valijson::adapters::NlohmannJsonAdapter(schema_json), schema);
    valijson::ValidationResults results;
    const valijson::adapters::NlohmannJsonAdapter adapter(target);
    if (valijson::Validator().validate(schema, adapter, &results)) return {};
    Refusal refusal{"", "it does not hold to the schema"};
    if (results.numErrors() > 0) {
        const auto& first = *results.begin();
        refusal.reason = first.description;
        // The path reads "<root>", "[name]", ...
        if (first.context.size() > 1) refusal.argument = first.context[1].substr(1, first.context[1].size() - 2);
    }
    return refusal;
}

// The name of the argument to put into the example, and the sentence; both empty when all is well.
Refusal problem_with(const Json& parameters, const Json& arguments) {
    if (!arguments.is_object()) return {"", "the arguments must be an object"};
    for (const auto& [name, value] : arguments.items()) {
        if (property_of(parameters, name).is_null()) return {"", "unknown argument " + quoted(name)};
    }
    for (const auto& name : parameters.value("required", Json::array())) {
        if (!arguments.contains(name.get<std::string>())) return {"", "missing argument " + quoted(name)};
    }
    for (const auto& [name, value] : arguments.items()) {
        const std::string type = type_of(property_of(parameters, name));
        if (has_type(value, type)) continue;
        return {name, fmt::format("argument {} must be {}", quoted(name), with_article(type))};
    }
    const auto refusal = refusal_of(parameters, arguments);
    if (!refusal) return {};
    const std::string reason = one_line(refusal->reason, 300);
    if (refusal->argument.empty()) return {"", reason};
    return {refusal->argument, fmt::format("argument {}: {}", quoted(refusal->argument), reason)};
}

}  // namespace

CheckedArguments check_arguments(const prompts::ToolSpec& spec, const Json& arguments) {
    CheckedArguments checked;
    const Json& parameters = parameters_of(spec);
    if (is_too_deep(arguments)) {
        checked.error = fmt::format("the arguments nest deeper than {} levels; example: {}", depth_max,
                                    prompts::json_text(example_arguments(spec)));
        return checked;
    }
    checked.arguments = arguments;
    if (arguments.is_object()) {
        for (auto& [name, value] : checked.arguments.items()) {
            if (type_of(property_of(parameters, name)) != "integer") continue;
            const auto number = as_integer(value);
            if (!number) continue;
            value = *number;
            checked.coerced.push_back(name);
        }
    }
    const Refusal problem = problem_with(parameters, checked.arguments);
    if (!problem.reason.empty()) {
        checked.error = fmt::format("{}; example: {}", problem.reason,
                                    prompts::json_text(example_arguments(spec, problem.argument)));
    }
    return checked;
}

Json example_arguments(const prompts::ToolSpec& spec, const std::string& also) {
    const Json& parameters = parameters_of(spec);
    Json example = Json::object();
    const auto show = [&](const std::string& name) {
        const Json& property = property_of(parameters, name);
        if (!property.is_null()) example[name] = example_of(name, property);
    };
    for (const auto& name : parameters.value("required", Json::array())) show(name);
    show(also);
    return example;
}

}  // namespace heddle::tools
