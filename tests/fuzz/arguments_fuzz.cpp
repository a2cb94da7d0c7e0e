// tests/fuzz/arguments_fuzz.cpp: Any JSON as arguments and any bytes as text for the model.
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <string>

#include "tools/arguments.h"
#include "tools/clip.h"

using heddle::prompts::Json;
using heddle::prompts::ToolSpec;

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

ToolSpec fixed_spec() {
    ToolSpec spec;
    spec.function = Json::parse(R"({"name":"any","parameters":{"type":"object","required":["path"],"properties":{
        "path":{"type":"string"},"first":{"type":"integer","minimum":1},"how":{"enum":["a",2,null]},
        "tags":{"type":"array","items":{"type":"string"},"maxItems":3},"deep":{"type":"object"}}}})");
    return spec;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    const std::string shown = heddle::tools::readable(text);
    require(heddle::tools::readable(shown) == shown);
    require(heddle::tools::clipped(shown).size() <= heddle::tools::text_bytes_max + 100);
    (void)Json(shown).dump();  // throws for text that is no UTF-8

    const Json value = Json::parse(text, nullptr, false);
    if (value.is_discarded()) return 0;
    static const ToolSpec spec = fixed_spec();
    const auto checked = heddle::tools::check_arguments(spec, value);
    if (checked.error.empty()) {
        require(checked.arguments.at("path").is_string());
        require(checked.arguments.value("first", std::int64_t{1}) >= 1);
        require(heddle::tools::check_arguments(spec, checked.arguments).error.empty());
    } else {
        require(checked.error.size() < 1000);
        require(heddle::tools::one_line(checked.error, 1000) == checked.error);
    }
    return 0;
}
