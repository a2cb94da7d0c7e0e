// sandbox/policy_value.cpp: Refuses what a value of a policy file may not be.
#include "sandbox/policy_value.h"

#include "sandbox/error.h"

namespace heddle::sandbox {

namespace {

constexpr std::size_t list_max = 1024, text_max = 4096;  // a policy is read by people

}  // namespace

void refuse(const PolicySource& source, const toml::source_region& at, const std::string& why) {
    throw Error(fmt::format("use the policy {}:{}:{}: {}", printable(source.file.native()), at.begin.line,
                            at.begin.column, why));
}

void refuse(const PolicyValue& value, const std::string& wanted) {
    refuse(value.source, value.node.source(), fmt::format("{} must be {}", value.name, wanted));
}

std::string text_of(const PolicyValue& value, const std::string& wanted) {
    const auto text = value.node.value_exact<std::string>();
    if (!text || text->empty() || text->size() > text_max) refuse(value, wanted);
    for (const char c : *text)
        if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') refuse(value, wanted + ", without control characters");
    return *text;
}

bool flag_of(const PolicyValue& value) {
    const auto flag = value.node.value_exact<bool>();
    if (!flag) refuse(value, "true or false");
    return *flag;
}

std::int64_t number_of(const PolicyValue& value, std::int64_t low, std::int64_t high) {
    const auto number = value.node.value_exact<std::int64_t>();
    if (!number || *number < low || *number > high)
        refuse(value, fmt::format("a whole number from {} to {}", low, high));
    return *number;
}

const toml::array& list_of(const PolicyValue& value, const std::string& wanted) {
    const toml::array* array = value.node.as_array();
    if (array == nullptr || array->size() > list_max)
        refuse(value, fmt::format("a list of at most {} items, each {}", list_max, wanted));
    return *array;
}

}  // namespace heddle::sandbox
