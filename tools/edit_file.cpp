// tools/edit_file.cpp: Searches the text as the model saw it, and replaces in the bytes as they lie there.
#include "tools/edit_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "tools/error.h"
#include "tools/file_change.h"
#include "tools/line_diff.h"
#include "tools/near_places.h"
#include "tools/texts.h"
#include "tools/workspace.h"

namespace heddle::tools {

namespace {

constexpr std::size_t places_max = 5;  // of many that are named
constexpr std::size_t found_max = 20;  // that are counted when one is wanted

// memmem, since the time of std::string::find grows with the product of both lengths.
std::size_t next_of(const std::string& text, const std::string& wanted, std::size_t from) {
    const void* const at = ::memmem(text.data() + from, text.size() - from, wanted.data(), wanted.size());
    return at == nullptr ? std::string::npos : static_cast<std::size_t>(static_cast<const char*>(at) - text.data());
}

std::string with_plain_ends(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i)
        if (text[i] != '\r' || i + 1 == text.size() || text[i + 1] != '\n') out += text[i];
    return out;
}

std::size_t line_at(std::string_view text, std::size_t at) {
    return static_cast<std::size_t>(std::ranges::count(text.substr(0, at), '\n')) + 1;
}

// read_file shows "12<TAB>text"; what is copied from there with the numbers is nowhere in the file.
bool has_line_numbers(std::string_view text) {
    const auto lines = split_lines(text);
    return !lines.empty() && std::ranges::all_of(lines, [](std::string_view line) {
        const std::size_t digits = std::min(line.find_first_not_of("0123456789"), line.size());
        return digits > 0 && digits < line.size() && line[digits] == '\t';
    });
}

[[noreturn]] void refuse_missing(const std::string& text, const std::string& shown, const std::string& wanted) {
    std::string why = fmt::format("old_string is not in {}, nothing was changed", shown);
    if (has_line_numbers(wanted)) throw Error(why + "; leave out the line numbers that read_file shows");
    if (wanted.find("\xef\xbf\xbd") != std::string::npos)
        why += "; U+FFFD stands for bytes that are no UTF-8, use a command for them";
    const std::string places = near_places(text, wanted);
    throw Error(why + (places.empty() ? "; read the file again" : "; the nearest lines are\n" + places));
}

[[noreturn]] void refuse_many(const std::string& text, const std::string& shown,
                              const std::vector<std::size_t>& found) {
    std::string places;
    for (std::size_t i = 0; i < std::min(found.size(), places_max); ++i) {
        const std::size_t line = line_at(text, found[i]);
        places += numbered_lines(text, line, line);
    }
    if (found.size() > places_max) places += "...\n";
    throw Error(fmt::format(
        "old_string is in {} {} times, nothing was changed; add lines around it until it is there "
        "once, or set replace_all; it begins in\n{}",
        shown, found.size() > found_max ? fmt::format("more than {}", found_max) : fmt::format("{}", found.size()),
        places));
}

}  // namespace

Edit replaced(const TextFile& file, const std::string& shown, std::string_view old_text, std::string_view new_text,
              bool all) {
    const std::string wanted = with_plain_ends(old_text), instead = with_plain_ends(new_text);
    if (wanted.empty()) throw Error("old_string is empty; use write_file to write a whole file");
    if (wanted == instead) throw Error("old_string and new_string are the same, nothing would change");
    const std::string& text = file.text();
    std::vector<std::size_t> found;
    const std::size_t step = all ? wanted.size() : 1;  // places that overlap are not one
    for (std::size_t at = next_of(text, wanted, 0); at != std::string::npos; at = next_of(text, wanted, at + step)) {
        found.push_back(at);
        if (!all && found.size() > found_max) break;
    }
    if (found.empty()) refuse_missing(text, shown, wanted);
    if (found.size() > 1 && !all) refuse_many(text, shown, found);

    std::vector<Splice> splices;
    Edit edit;
    std::size_t end = 0;
    for (const std::size_t at : found) {
        splices.push_back({at, at + wanted.size(), instead});
        edit.text.append(text, end, at - end);
        edit.text += instead;
        end = at + wanted.size();
    }
    edit.text.append(text, end);
    edit.bytes = file.with(splices);
    edit.replaced = found.size();
    return edit;
}

EditFile::EditFile()
    : Tool(tool_spec("edit_file",
                     {{"path", {{"type", "string"}}},
                      {"old_string", {{"type", "string"}}},
                      {"new_string", {{"type", "string"}}},
                      {"replace_all", {{"type", "boolean"}}}},
                     {"path", "old_string", "new_string"})) {}

ToolResult EditFile::run(const prompts::Json& arguments, ToolContext& context, std::stop_token) {
    const auto& path = arguments.at("path").get_ref<const std::string&>();
    const std::string shown = Workspace::shown(path);
    const Workspace workspace(context.bench.policy(), context.bench.folder());
    Target target = workspace.to_write(path);
    const TextFile file(workspace.read(target, path), shown);
    const Edit edit =
        replaced(file, shown, arguments.at("old_string").get_ref<const std::string&>(),
                 arguments.at("new_string").get_ref<const std::string&>(), arguments.value("replace_all", false));
    FileChange change = FileChange::write(std::move(target), edit.bytes, shown);
    change.apply();
    change.finish();

    ToolResult result;
    result.text = fmt::format("{}[edited {}: {} {}]", line_diff(file.text(), edit.text), shown, edit.replaced,
                              edit.replaced == 1 ? "place" : "places");
    result.details = {{"replaced", edit.replaced}, {"bytes", edit.bytes.size()}};
    return result;
}

CallSubject EditFile::subject(const prompts::Json& arguments, const ToolContext& context) const {
    return {{}, {Workspace::named(arguments.at("path").get<std::string>(), context.bench.policy().workspace)}};
}

}  // namespace heddle::tools
