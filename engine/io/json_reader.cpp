// engine/io/json_reader.cpp: Takes values out of JSON, or says what they should have been.
#include "engine/io/json_reader.h"

#include <fmt/core.h>

#include <algorithm>

#include "engine/error.h"
#include "engine/io/file.h"

namespace heddle::engine {

const nlohmann::json* JsonReader::find(const char* key) const {
    const auto found = object_.find(key);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
}

void JsonReader::refuse(const char* key, const std::string& must) const {
    const auto* value = find(key);
    if (value == nullptr) throw Error(fmt::format("{}: \"{}\" is missing; it must be {}", place_, key, must));
    const std::string shown = value->is_string()       ? in_quotes(value->get_ref<const std::string&>())
                              : value->is_structured() ? std::string(value->is_array() ? "a list" : "an object")
                                                       : value->dump();
    throw Error(fmt::format("{}: \"{}\" is {}; it must be {}", place_, key, shown, must));
}

std::int64_t JsonReader::integer(const char* key, std::int64_t low, std::int64_t high) const {
    const std::string must = fmt::format("a whole number from {} to {}", low, high);
    const auto* value = find(key);
    if (value == nullptr || !value->is_number_integer()) refuse(key, must);
    if (value->is_number_unsigned() && value->get<std::uint64_t>() > static_cast<std::uint64_t>(high))
        refuse(key, must);
    const auto taken = value->get<std::int64_t>();
    if (taken < low || taken > high) refuse(key, must);
    return taken;
}

std::int64_t JsonReader::integer_or(const char* key, std::int64_t fallback, std::int64_t low, std::int64_t high) const {
    return find(key) == nullptr ? fallback : integer(key, low, high);
}

double JsonReader::number(const char* key, double low, double high) const {
    const std::string must = fmt::format("a number from {} to {}", low, high);
    const auto* value = find(key);
    if (value == nullptr || !value->is_number()) refuse(key, must);
    const auto taken = value->get<double>();
    if (!(taken >= low && taken <= high)) refuse(key, must);
    return taken;
}

double JsonReader::number_or(const char* key, double fallback, double low, double high) const {
    return find(key) == nullptr ? fallback : number(key, low, high);
}

bool JsonReader::flag_or(const char* key, bool fallback) const {
    const auto* value = find(key);
    if (value == nullptr) return fallback;
    if (!value->is_boolean()) refuse(key, "true or false");
    return value->get<bool>();
}

std::optional<std::string> JsonReader::text(const char* key) const {
    const auto* value = find(key);
    if (value == nullptr) return std::nullopt;
    if (!value->is_string()) refuse(key, "a text");
    return value->get<std::string>();
}

JsonReader JsonReader::object(const char* key) const {
    const auto* value = find(key);
    if (value == nullptr || !value->is_object()) refuse(key, "an object");
    return {fmt::format("{}: in \"{}\"", place_, key), *value};
}

void JsonReader::only(const char* key, const nlohmann::json& value) const {
    const auto* found = find(key);
    if (found != nullptr && *found != value) refuse(key, value.dump() + ", the one form that this engine knows");
}

void JsonReader::knows(std::initializer_list<std::string_view> keys) const {
    for (const auto& [key, value] : object_.items()) {
        if (value.is_null() || std::find(keys.begin(), keys.end(), key) != keys.end()) continue;
        throw Error(fmt::format("{}: this engine does not know the key {}", place_, in_quotes(key)));
    }
}

}  // namespace heddle::engine
