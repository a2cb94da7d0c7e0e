// tools/hunks.h: Finds where the hunks of a patch belong in a text, and what they make of it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "tools/patch.h"
#include "tools/text_file.h"

namespace heddle::tools {

struct PlacedHunks {
    std::vector<Splice> splices;     // of the text, in order
    std::vector<std::string> notes;  // a line on each hunk that was found elsewhere than it says
    std::size_t added = 0, removed = 0;
};

// A hunk belongs where all its old lines stand, behind the hunk before it and nearest to the line that it names; one
// that names none has to fit in one place alone. Throws Error where one fits nowhere, with what stands there. The end
// of a last line stays as it is unless the patch says otherwise.
PlacedHunks place_hunks(const std::vector<Hunk>& hunks, std::string_view text, const std::string& shown);

std::string text_of_new_file(const std::vector<Hunk>& hunks);

}  // namespace heddle::tools
