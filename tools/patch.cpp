// tools/patch.cpp: Reads a patch line by line; the counts of a hunk's header help where its end is not plain.
#include "tools/patch.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include "tools/clip.h"
#include "tools/error.h"
#include "tools/patch_names.h"
#include "tools/text_file.h"

namespace heddle::tools {

namespace {

constexpr std::size_t quoted_bytes_max = 120;
constexpr std::size_t hunks_max = 2'000;  // each may have to be searched for in all of its file

std::optional<std::string_view> after(std::string_view line, std::string_view start) {
    if (!line.starts_with(start)) return {};
    return line.substr(start.size());
}

class Parser {
 public:
    explicit Parser(std::string_view text) : lines_(split_lines(text)) {
        for (auto& line : lines_)
            if (line.ends_with('\r')) line.remove_suffix(1);
    }

    std::vector<FilePatch> run() {
        while (at_ < lines_.size()) {
            if (lines_[at_].starts_with("diff --git "))
                read_git_file();
            else if (is_file_header(at_))
                read_plain_file();
            else
                pass_other();
        }
        if (files_.empty())
            fail(0, "there is no unified diff in it: it begins with --- a/path, +++ b/path and @@ lines");
        return std::move(files_);
    }

 private:
    struct Range {
        std::size_t line = 0, old_left = 0, new_left = 0;
        bool has_counts = false;
    };

    [[noreturn]] void fail(std::size_t line, const std::string& what) const {
        if (line >= lines_.size()) throw Error("the patch is refused, nothing was changed: " + what);
        throw Error(fmt::format("line {} of the patch is refused, nothing was changed: {}: {}", line + 1, what,
                                one_line(lines_[line], quoted_bytes_max)));
    }

    bool is_file_header(std::size_t line) const {
        return line + 1 < lines_.size() && lines_[line].starts_with("--- ") && lines_[line + 1].starts_with("+++ ");
    }
    bool begins_something(std::size_t line) const {
        return lines_[line].starts_with("@@") || lines_[line].starts_with("diff --git ") || lines_[line] == "-- " ||
               (is_file_header(line) && (line + 2 == lines_.size() || lines_[line + 2].starts_with("@@")));
    }

    void pass_other() {
        if (lines_[at_].starts_with("@@")) fail(at_, "a hunk without the name of its file (--- a/path, +++ b/path)");
        if (lines_[at_].starts_with("*** Begin Patch")) fail(at_, "only unified diffs are taken");
        ++at_;
    }

    // "" for /dev/null.
    std::string path_of(std::string_view text) const {
        std::string path;
        if (text.starts_with('"')) {
            auto inner = unquoted_name(text);
            if (!inner) fail(at_, "a quoted name that is none");
            path = std::move(*inner);
        } else {
            path = text.substr(0, text.find('\t'));  // a time may follow
            while (path.ends_with(' ')) path.pop_back();
        }
        if (path.empty() || path.find('\0') != std::string::npos) fail(at_, "no name of a file");
        return path == "/dev/null" ? "" : path;
    }

    static void drop_prefixes(FilePatch& file) {
        const bool old_has = file.old_path.empty() || file.old_path.starts_with("a/");
        const bool new_has = file.new_path.empty() || file.new_path.starts_with("b/");
        if (!old_has || !new_has) return;
        for (auto* path : {&file.old_path, &file.new_path}) path->erase(0, path->empty() ? 0 : 2);
    }

    // Of what has a name and, without its prefix, none.
    void demand_names(const FilePatch& file, bool old_named, bool new_named) const {
        if ((old_named && file.old_path.empty()) || (new_named && file.new_path.empty()))
            fail(at_, "no name of a file");
    }

    void read_names(FilePatch& file) {
        file.old_path = path_of(lines_[at_].substr(4));
        ++at_;
        file.new_path = path_of(lines_[at_].substr(4));
        const bool old_named = !file.old_path.empty(), new_named = !file.new_path.empty();
        drop_prefixes(file);
        demand_names(file, old_named, new_named);
        if (file.old_path.empty() && file.new_path.empty()) fail(at_, "both names are /dev/null");
        ++at_;
    }

    void read_plain_file() {
        FilePatch file;
        file.patch_line = at_;
        read_names(file);
        if (file.moves()) fail(file.patch_line, "two names; to move a file, give rename from and rename to");
        read_hunks(file);
        if (file.hunks.empty()) fail(file.patch_line, "no @@ line follows");
        add(std::move(file));
    }

    // What a header of git says; names only where they are not told again below.
    void read_git_file() {
        FilePatch file;
        file.patch_line = at_;
        std::string from, to;
        bool is_new = false, is_gone = false;
        const auto set_mode = [&](std::string_view mode) {
            if (mode != "100644" && mode != "100755") fail(at_, "only modes 100644 and 100755 can be set");
            file.executable = mode == "100755";
        };
        for (++at_; at_ < lines_.size(); ++at_) {
            const std::string_view line = lines_[at_];
            if (const auto mode = after(line, "new mode ")) {
                set_mode(*mode);
            } else if (const auto created = after(line, "new file mode ")) {
                set_mode(*created);
                is_new = true;
            } else if (line.starts_with("deleted file mode ")) {
                is_gone = true;
            } else if (const auto old_name = after(line, "rename from ")) {
                from = path_of(*old_name);
            } else if (const auto new_name = after(line, "rename to ")) {
                to = path_of(*new_name);
            } else if (line.starts_with("copy from ") || line.starts_with("copy to ")) {
                fail(at_, "copies are not taken; write the new file out");
            } else if (line.starts_with("GIT binary patch") || line.starts_with("Binary files ")) {
                fail(at_, "binary files are not taken");
            } else if (!line.starts_with("old mode ") && !line.starts_with("index ") &&
                       !line.starts_with("similarity index ") && !line.starts_with("dissimilarity index ")) {
                break;
            }
        }
        const std::string name = name_in_git_header(lines_[file.patch_line]);
        const std::size_t body = at_;
        if (at_ < lines_.size() && is_file_header(at_)) read_names(file);
        const auto names = [](const std::string& path, const std::string& told) {
            return path.empty() || told.empty() || path == told;
        };
        if (at_ == body || !names(file.old_path, from.empty() ? name : from) ||
            !names(file.new_path, to.empty() ? name : to)) {
            at_ = body;  // another file's header may follow a part without hunks
            file.old_path = is_new ? "" : from.empty() ? name : from;
            file.new_path = is_gone ? "" : to.empty() ? name : to;
            if (file.path().empty())
                fail(file.patch_line, "it does not tell which file is meant; add --- and +++ lines");
        }
        if (file.moves() && (file.old_path != from || file.new_path != to))
            fail(file.patch_line, "two names; to move a file, give rename from and rename to");
        read_hunks(file);
        add(std::move(file));
    }

    void read_hunks(FilePatch& file) {
        while (at_ < lines_.size()) {
            if (lines_[at_].starts_with("@@")) {
                if (++hunks_ > hunks_max) fail(at_, fmt::format("more than {} hunks; split the patch", hunks_max));
                file.hunks.push_back(read_hunk());
            } else if (lines_[at_].empty()) {
                ++at_;
            } else {
                break;
            }
        }
        if (at_ == lines_.size() || file.hunks.empty() || begins_something(at_) || is_file_header(at_)) return;
        if (lines_[at_].starts_with("+") || lines_[at_].starts_with("-")) fail(at_, "it belongs to no hunk");
    }

    static bool take_number(std::string_view& text, std::size_t& number) {
        const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (failure != std::errc()) return false;
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        return true;
    }

    // "@@ -12,3 +12,4 @@", or "@@" alone; whatever else stands there says nothing.
    Range range_of(std::string_view header) const {
        Range range;
        std::size_t new_line = 0;
        range.old_left = range.new_left = 1;
        header.remove_prefix(2);
        const auto take_side = [&](std::string_view sign, std::size_t& line, std::size_t& count) {
            if (!header.starts_with(sign)) return false;
            header.remove_prefix(sign.size());
            if (!take_number(header, line)) return false;
            if (!header.starts_with(',')) return true;
            header.remove_prefix(1);
            return take_number(header, count);
        };
        if (!take_side(" -", range.line, range.old_left) || !take_side(" +", new_line, range.new_left)) return {};
        range.has_counts = true;
        return range;
    }

    Hunk read_hunk() {
        Range range = range_of(lines_[at_]);
        Hunk hunk;
        hunk.old_line = range.line;
        hunk.patch_line = at_ + 1;
        std::size_t blanks = 0;  // empty lines at the end: context, or only what stands between
        for (++at_; at_ < lines_.size(); ++at_) {
            const std::string_view line = lines_[at_];
            const bool is_within = range.has_counts && (range.old_left > 0 || range.new_left > 0);
            const bool marker = line.starts_with("\\");
            if (marker) {
                if (hunk.lines.empty()) fail(at_, "it follows no line");
                hunk.lines.back().without_end = true;
                continue;
            }
            if (begins_something(at_) && !(is_within && line.starts_with("-") && range.old_left > 0)) break;
            const char kind = line.empty() ? ' ' : line[0];
            if (kind != ' ' && kind != '-' && kind != '+') {
                if (is_within && !line.starts_with("```")) fail(at_, "a line of a hunk begins with a space, - or +");
                break;
            }
            blanks = line.empty() ? blanks + 1 : 0;
            hunk.lines.push_back({kind, std::string(line.substr(line.empty() ? 0 : 1)), false});
            if (kind != '+' && range.old_left > 0) --range.old_left;
            if (kind != '-' && range.new_left > 0) --range.new_left;
            if (range.has_counts && range.old_left == 0 && range.new_left == 0 && ends_here(at_ + 1)) {
                if (at_ + 1 < lines_.size() && lines_[at_ + 1].starts_with("\\")) {
                    hunk.lines.back().without_end = true;
                    ++at_;
                }
                ++at_;
                blanks = 0;  // they were counted
                break;
            }
        }
        for (; blanks > 0; --blanks) hunk.lines.pop_back();
        if (std::ranges::all_of(hunk.lines, [](const PatchLine& line) { return line.kind == ' '; }))
            fail(hunk.patch_line - 1, "this hunk changes nothing: no line begins with - or +");
        return hunk;
    }

    // When all is there that a header counts, what looks like more of it is more: then the counts are wrong.
    bool ends_here(std::size_t line) const {
        if (line < lines_.size() && lines_[line].starts_with("\\")) ++line;
        if (line >= lines_.size() || lines_[line].empty() || begins_something(line)) return true;
        const char kind = lines_[line][0];
        return kind != ' ' && kind != '-' && kind != '+';
    }

    void add(FilePatch file) {
        for (const auto& path : std::set<std::string>{file.old_path, file.new_path}) {
            if (!path.empty() && !named_.insert(path).second)
                fail(file.patch_line, "a file is named twice; put all its hunks below one name");
        }
        if (file.creates() && std::ranges::any_of(file.hunks, [](const Hunk& hunk) {
                return std::ranges::any_of(hunk.lines, [](const PatchLine& line) { return line.kind != '+'; });
            }))
            fail(file.patch_line, "a new file has only lines that begin with +");
        if (file.creates() && file.hunks.size() > 1) fail(file.patch_line, "a new file has one hunk");
        if (!file.creates() && !file.removes() && !file.moves() && file.hunks.empty() && !file.executable)
            fail(file.patch_line, "nothing is said to be changed in this file");
        file.patch_line += 1;
        files_.push_back(std::move(file));
    }

    std::vector<std::string_view> lines_;
    std::size_t at_ = 0, hunks_ = 0;
    std::vector<FilePatch> files_;
    std::set<std::string> named_;
};

}  // namespace

std::vector<FilePatch> parse_patch(std::string_view text) {
    return Parser(text).run();
}

}  // namespace heddle::tools
