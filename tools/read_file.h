// tools/read_file.h: A range of lines of a text file in the workspace, read from outside the sandbox.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

#include "tools/tool.h"
#include "tools/workspace.h"

namespace heddle::tools {

struct LineRange {
    std::int64_t first = 1;            // 1-based
    std::optional<std::int64_t> last;  // inclusive; first + 199 unless given
};

// No path leaves the workspace, whatever links stand in it and however they change meanwhile; what is no regular file
// is not read, nor what the policy hides, and nothing blocks. Memory is bounded whatever the file's size. The text is
// the model's result; it starts with "[error: " when `ok` is false.
ToolResult read_lines(const Workspace& workspace, const std::string& path, const LineRange& range,
                      std::stop_token stop = {});

class ReadFile : public Tool {
 public:
    ReadFile();
    bool changes_nothing() const override { return true; }
    bool runs_beside(const prompts::Json&, const ToolContext&) const override { return true; }
    CallSubject subject(const prompts::Json& arguments, const ToolContext& context) const override;
    ToolResult run(const prompts::Json& arguments, ToolContext& context, std::stop_token stop) override;
};

}  // namespace heddle::tools
