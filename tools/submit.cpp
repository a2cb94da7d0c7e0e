// tools/submit.cpp: The answer as it stands, or the bytes of a file that is a patch.
#include "tools/submit.h"

#include <fmt/format.h>

#include "tools/clip.h"
#include "tools/error.h"
#include "tools/patch.h"
#include "tools/texts.h"
#include "tools/workspace.h"

namespace heddle::tools {

Submit::Submit() : Tool(tool_spec("submit", {{"answer", {{"type", "string"}}}, {"patch", {{"type", "string"}}}})) {}

ToolResult Submit::run(const prompts::Json& arguments, ToolContext& context, std::stop_token) {
    if (arguments.size() != 1) throw Error("give either \"answer\" or \"patch\", the path of a file");
    ToolResult result;
    if (arguments.contains("answer")) {
        result.answer = arguments.at("answer").get<std::string>();
        if (result.answer->find_first_not_of(" \t\r\n") == std::string::npos)
            throw Error("argument \"answer\" is empty");
        result.text = "[submitted]";
        return result;
    }
    const auto path = arguments.at("patch").get<std::string>();
    const Workspace workspace(context.bench.policy(), context.bench.folder());
    const std::string bytes = workspace.read(workspace.find(path), path);
    const std::size_t files = parse_patch(bytes).size();  // throws for what is no patch
    if (!is_utf8(bytes)) throw Error(Workspace::shown(path) + " is no UTF-8 text");
    result.answer = bytes;
    result.text = fmt::format("[submitted {}: {} {}]", Workspace::shown(path), files, files == 1 ? "file" : "files");
    result.details = {{"patch", path}, {"files", files}};
    return result;
}

std::optional<std::string> submitted_by(std::string_view command, const sandbox::Captured& output,
                                        std::vector<std::string>& notes) {
    if (command.find(submit_line) == command.npos) return std::nullopt;
    const std::string whole = output.head + output.tail;
    const std::size_t end = std::min(whole.find('\n'), whole.size());
    std::string_view first = std::string_view(whole).substr(0, end);
    if (first.ends_with('\r')) first.remove_suffix(1);
    if (first != submit_line) return std::nullopt;
    std::string submission = whole.substr(std::min(end + 1, whole.size()));
    const char* const why_not = output.dropped_bytes() > 0 ? "it is too long"
                                : is_utf8(submission)      ? ""
                                                           : "it is no UTF-8";
    if (*why_not == '\0') return submission;
    notes.push_back(fmt::format("not submitted, since {}; submit a file with a patch, or less", why_not));
    return std::nullopt;
}

}  // namespace heddle::tools
