// tools/plan.cpp: The list as it was given, a line a step.
#include "tools/plan.h"

#include <fmt/format.h>

#include "tools/clip.h"
#include "tools/error.h"
#include "tools/texts.h"

namespace heddle::tools {

namespace {

using prompts::Json;

constexpr std::size_t steps_max = 30, step_bytes_max = 200;  // a longer list is no overview

const char* sign_of(const std::string& state) {
    return state == "done" ? "[x]" : state == "doing" ? "[>]" : "[ ]";
}

prompts::ToolSpec specification() {
    const Json step = {{"type", "object"},
                       {"properties",
                        {{"step", {{"type", "string"}}},
                         {"state", {{"type", "string"}, {"enum", Json::array({"todo", "doing", "done"})}}}}},
                       {"required", Json::array({"step", "state"})},
                       {"additionalProperties", false}};
    return tool_spec("plan", {{"steps", {{"type", "array"}, {"items", step}}}}, {"steps"});
}

}  // namespace

Plan::Plan() : Tool(specification()) {}

ToolResult Plan::run(const Json& arguments, ToolContext&, std::stop_token) {
    const Json& steps = arguments.at("steps");
    if (steps.empty()) throw Error("there is no step in it");
    if (steps.size() > steps_max) throw Error(fmt::format("it has {} steps, at most {}", steps.size(), steps_max));
    ToolResult result;
    int doing = 0;
    for (const auto& step : steps) {
        const auto& state = step.at("state").get_ref<const std::string&>();
        if (state == "doing") ++doing;
        result.text += fmt::format("{}{} {}", result.text.empty() ? "" : "\n", sign_of(state),
                                   one_line(step.at("step").get_ref<const std::string&>(), step_bytes_max));
    }
    if (doing > 1) throw Error(fmt::format("{} steps are \"doing\"; one at most can be", doing));
    result.details = {{"plan", steps}};
    return result;
}

}  // namespace heddle::tools
