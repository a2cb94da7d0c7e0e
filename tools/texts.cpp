// tools/texts.cpp: A tool's specification from its embedded text and its arguments.
#include "tools/texts.h"

namespace heddle::tools {

prompts::ToolSpec tool_spec(const std::string& name, const prompts::Json& properties,
                            const std::vector<std::string>& required) {
    std::string_view text = embedded_text(name);
    if (text.ends_with('\n')) text.remove_suffix(1);
    prompts::Json parameters = {{"type", "object"}, {"properties", properties}};
    if (!required.empty()) parameters["required"] = required;
    prompts::ToolSpec spec;
    spec.function = {{"name", name}, {"description", text}, {"parameters", parameters}};
    return spec;
}

}  // namespace heddle::tools
