// tools/write_file.cpp: The bytes are the argument's, as they are.
#include "tools/write_file.h"

#include <fmt/format.h>

#include <algorithm>

#include "tools/file_change.h"
#include "tools/texts.h"
#include "tools/workspace.h"

namespace heddle::tools {

WriteFile::WriteFile()
    : Tool(tool_spec("write_file", {{"path", {{"type", "string"}}}, {"content", {{"type", "string"}}}},
                     {"path", "content"})) {}

ToolResult WriteFile::run(const prompts::Json& arguments, ToolContext& context, std::stop_token) {
    const auto& path = arguments.at("path").get_ref<const std::string&>();
    const auto& content = arguments.at("content").get_ref<const std::string&>();
    const std::string shown = Workspace::shown(path);
    Target target = Workspace(context.bench.policy(), context.bench.folder()).to_write(path);
    const auto before = target.status;
    FileChange change = FileChange::write(std::move(target), content, shown);
    change.apply();
    change.finish();

    const auto lines = std::ranges::count(content, '\n') + (content.empty() || content.ends_with('\n') ? 0 : 1);
    ToolResult result;
    result.text = fmt::format("[wrote {}: {} {}, {} bytes{}]", shown, lines, lines == 1 ? "line" : "lines",
                              content.size(), before ? fmt::format("; it had {} bytes", before->st_size) : ", new");
    result.details = {{"bytes", content.size()}, {"lines", lines}, {"created", !before}};
    return result;
}

CallSubject WriteFile::subject(const prompts::Json& arguments, const ToolContext& context) const {
    return {{}, {Workspace::named(arguments.at("path").get<std::string>(), context.bench.policy().workspace)}};
}

}  // namespace heddle::tools
