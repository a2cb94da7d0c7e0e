// tests/fuzz/changes_fuzz.cpp: Any bytes as a path, a link's target, a list of changes or a journal of a commit.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "sandbox/changes/describe.h"
#include "sandbox/changes/plan.h"
#include "sandbox/changes/protected_paths.h"
#include "sandbox/changes/refusals.h"
#include "sandbox/printable.h"

namespace {

using namespace heddle::sandbox::changes;

void demand(bool holds) {
    if (!holds) std::abort();
}

// What is shown is valid UTF-8 (the library throws else) of one line, without a control character.
void hold_text(const std::string& text, std::ptrdiff_t lines) {
    (void)nlohmann::json(text).dump();
    std::ptrdiff_t found = 0;
    for (const char byte : text) {
        demand(static_cast<unsigned char>(byte) >= 0x20 || byte == '\n');
        demand(byte != 0x7f);
        found += byte == '\n';
    }
    demand(found == lines);
}

void hold_path(const std::string& path) {
    hold_text(heddle::sandbox::printable(path), 0);
    Change change;
    change.path = ".git/hooks/" + path;
    demand(!ProtectedPaths().reason(change).empty());
    change.path = path + "/.GIT/Config";
    demand(!ProtectedPaths().reason(change).empty());
    change.path = path;
    (void)ProtectedPaths({"**/a*b", "deploy/"}).reason(change);
}

// By hand: names go down, dots go up, and the root is never left on the way.
void hold_link(std::string_view target) {
    const std::string why = leaves_tree("a/b/link", target);
    hold_text(why, 0);
    if (!why.empty()) return;
    int depth = 2;
    for (std::size_t at = 0; at <= target.size();) {
        const std::size_t end = std::min(target.find('/', at), target.size());
        const std::string_view name = target.substr(at, end - at);
        depth += name == ".." ? -1 : name.empty() || name == "." ? 0 : 1;
        demand(depth >= 0);
        at = end + 1;
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string bytes(reinterpret_cast<const char*>(data), size);
    if (const auto plan = decode(bytes)) demand(decode(encode(*plan)) == plan);
    hold_path(bytes);
    hold_link(bytes);
    Change change;
    change.path = bytes;
    change.kind = static_cast<Change::Kind>(size % 5);
    hold_text(describe({&change, 1}), 1);
    return 0;
}
