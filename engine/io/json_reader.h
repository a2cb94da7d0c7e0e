// engine/io/json_reader.h: Typed and bounded reads of one JSON object, with errors that name the key.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace heddle::engine {

// A key whose value is null counts as absent, as it does for those who write these files.
class JsonReader {
 public:
    JsonReader(std::string place, const nlohmann::json& object) : place_(std::move(place)), object_(object) {}

    const nlohmann::json* find(const char* key) const;  // nothing when absent or null

    std::int64_t integer(const char* key, std::int64_t low, std::int64_t high) const;  // must be there
    std::int64_t integer_or(const char* key, std::int64_t fallback, std::int64_t low, std::int64_t high) const;
    double number(const char* key, double low, double high) const;  // must be there
    double number_or(const char* key, double fallback, double low, double high) const;
    bool flag_or(const char* key, bool fallback) const;
    std::optional<std::string> text(const char* key) const;
    JsonReader object(const char* key) const;  // must be there and be an object

    // Throws unless the key is absent or has just this value: for what the engine knows in one form only.
    void only(const char* key, const nlohmann::json& value) const;

    // Throws when a key that is neither null nor one of these is there: it might mean something.
    void knows(std::initializer_list<std::string_view> keys) const;

    // Throws Error: file, key, the value found, what it must be.
    [[noreturn]] void refuse(const char* key, const std::string& must) const;

 private:
    std::string place_;
    const nlohmann::json& object_;
};

}  // namespace heddle::engine
