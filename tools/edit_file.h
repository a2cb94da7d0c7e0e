// tools/edit_file.h: Replaces an exact text in a file of the workspace.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "tools/text_file.h"
#include "tools/tool.h"

namespace heddle::tools {

struct Edit {
    std::string bytes;  // of the file, when it is done
    std::string text;   // the same as a model sees it
    std::size_t replaced = 0;
};

// `old_text` has to be there once, or with `all` at least once; line ends in both texts are taken as the file's. Throws
// Error with the places that it may have been meant for.
Edit replaced(const TextFile& file, const std::string& shown, std::string_view old_text, std::string_view new_text,
              bool all);

class EditFile : public Tool {
 public:
    EditFile();
    CallSubject subject(const prompts::Json& arguments, const ToolContext& context) const override;
    ToolResult run(const prompts::Json& arguments, ToolContext& context, std::stop_token stop) override;
};

}  // namespace heddle::tools
