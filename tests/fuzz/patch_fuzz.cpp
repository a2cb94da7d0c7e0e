// tests/fuzz/patch_fuzz.cpp: Any bytes as a patch, held against a text; and a diff of two texts applied to the first.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "tools/error.h"
#include "tools/hunks.h"
#include "tools/line_diff.h"
#include "tools/patch.h"
#include "tools/text_file.h"

using namespace heddle::tools;

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

void apply(const std::string& patch, const std::string& text) {
    for (const FilePatch& file : parse_patch(patch)) {
        require(!file.old_path.empty() || !file.new_path.empty());
        require(file.old_path.find('\0') == std::string::npos && file.new_path.find('\0') == std::string::npos);
        if (file.creates()) continue;
        const TextFile before(text, "f");
        const PlacedHunks placed = place_hunks(file.hunks, before.text(), "f");
        std::size_t end = 0;
        for (const Splice& splice : placed.splices) {
            require(splice.begin >= end && splice.end >= splice.begin && splice.end <= before.text().size());
            end = splice.end;
        }
        (void)before.with(placed.splices);
    }
}

// Readable text of short lines: others are not shown whole.
std::string plain(std::string text) {
    for (char& c : text) c = c == '\n' ? '\n' : static_cast<char>('a' + (static_cast<unsigned char>(c) & 7));
    for (std::size_t i = 200; i < text.size(); i += 200) text[i] = '\n';
    return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string input(reinterpret_cast<const char*>(data), size);
    const std::string text = "a\nb\n\nc\r\nd";
    try {
        apply(input, text);
    } catch (const Error& error) {
        require(std::string(error.what()).size() < 20'000);
    }
    const std::string before = plain(input.substr(0, size / 2)), after = plain(input.substr(size / 2));
    const std::string diff = line_diff(before, after, 1 << 24);
    require(diff.empty() == (before == after));
    if (before.empty() || after.empty() || diff.empty()) return 0;
    const auto files = parse_patch("--- a/f\n+++ b/f\n" + diff);
    const TextFile file(before, "f");
    require(file.with(place_hunks(files.at(0).hunks, file.text(), "f").splices) == after);
    return 0;
}
