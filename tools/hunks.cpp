// tools/hunks.cpp: Lines as numbers, a search that is linear in them, and one splice for each run of changed lines.
#include "tools/hunks.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "tools/error.h"
#include "tools/near_places.h"

namespace heddle::tools {

namespace {

constexpr std::size_t nowhere = static_cast<std::size_t>(-1);
constexpr std::size_t shown_lines_max = 8;  // of a hunk, and of what stands there

// Where `wanted` begins in `all`, in order (D. E. Knuth, J. H. Morris, V. R. Pratt, 1977).
std::vector<std::size_t> occurrences(const std::vector<int>& all, const std::vector<int>& wanted) {
    std::vector<std::size_t> border(wanted.size() + 1, 0), found;
    for (std::size_t i = 1, matched = 0; i < wanted.size(); ++i) {
        while (matched > 0 && wanted[i] != wanted[matched]) matched = border[matched];
        matched += wanted[i] == wanted[matched];
        border[i + 1] = matched;
    }
    for (std::size_t i = 0, matched = 0; i < all.size(); ++i) {
        while (matched > 0 && (matched == wanted.size() || all[i] != wanted[matched])) matched = border[matched];
        matched += all[i] == wanted[matched];
        if (matched == wanted.size()) found.push_back(i + 1 - matched);
    }
    return found;
}

class Placer {
 public:
    Placer(std::string_view text, const std::string& shown)
        : text_(text), shown_(shown), lines_(split_lines(text)), has_end_(text.empty() || text.ends_with('\n')) {
        for (const auto line : lines_)
            ids_.push_back(known_.try_emplace(line, static_cast<int>(known_.size())).first->second);
    }

    PlacedHunks run(const std::vector<Hunk>& hunks) {
        for (std::size_t i = 0; i < hunks.size(); ++i) {
            hunk_ = &hunks[i];
            name_ = fmt::format("hunk {} (line {} of the patch)", i + 1, hunks[i].patch_line);
            const std::size_t at = place(i + 1);
            splice(at);
        }
        return std::move(placed_);
    }

 private:
    std::size_t place(std::size_t number) {
        std::vector<int> wanted;
        for (const auto& line : hunk_->lines) {
            if (line.kind == '+') continue;
            const auto known = known_.find(line.text);
            wanted.push_back(known == known_.end() ? -1 : known->second);
        }
        if (wanted.empty()) {
            if (lines_.empty()) return 0;
            throw Error(
                fmt::format("{} gives no old lines for {}, nothing was changed; give a line or more around what "
                            "it adds",
                            name_, shown_));
        }
        const std::size_t expected = hunk_->old_line == 0 ? nowhere : hunk_->old_line - 1 + drift_;
        if (expected != nowhere && expected >= free_from_ && fits(wanted, expected)) return expected;
        std::vector<std::size_t> found = occurrences(ids_, wanted);
        const bool only_before = !found.empty() && found.back() < free_from_;
        std::erase_if(found, [&](std::size_t at) { return at < free_from_; });
        if (only_before)
            throw Error(
                fmt::format("{} belongs before the hunk above it in {}, nothing was changed; put hunks in the "
                            "order of the file",
                            name_, shown_));
        if (found.empty()) refuse(expected);
        if (expected == nowhere && found.size() > 1)
            throw Error(fmt::format("{} fits {} places of {}, nothing was changed; give line numbers or more context",
                                    name_, found.size(), shown_));
        if (expected == nowhere) return found[0];
        const auto distance = [&](std::size_t at) { return at > expected ? at - expected : expected - at; };
        const std::size_t best = *std::ranges::min_element(found, {}, distance);
        placed_.notes.push_back(fmt::format("hunk {} was found at line {}, not {}", number, best + 1, hunk_->old_line));
        drift_ = best + 1 - hunk_->old_line;  // wraps around below zero, and back when it is added
        return best;
    }

    bool fits(const std::vector<int>& wanted, std::size_t at) const {
        return at <= ids_.size() && wanted.size() <= ids_.size() - at &&
               std::equal(wanted.begin(), wanted.end(), ids_.begin() + static_cast<std::ptrdiff_t>(at));
    }

    [[noreturn]] void refuse(std::size_t expected) const {
        std::string wanted, asked;
        std::size_t count = 0;
        for (const auto& line : hunk_->lines) {
            if (line.kind == '+') continue;
            asked += line.text + "\n";
            if (++count <= shown_lines_max) wanted += line.text + "\n";
        }
        if (count > shown_lines_max) wanted += "...\n";
        std::string why = fmt::format("{} does not fit {}, nothing was changed; it expects\n{}", name_, shown_, wanted);
        const std::size_t height = std::min(count, shown_lines_max);
        if (expected != nowhere && expected < lines_.size())
            why += fmt::format("where it says stands\n{}", numbered_lines(text_, expected + 1, expected + height));
        else if (expected != nowhere)
            why += fmt::format("the file has only {} lines\n", lines_.size());
        const std::string near = near_places(text_, asked);
        throw Error(
            why + (near.empty() ? "nothing like it is in the file; read it again" : "the nearest lines are\n" + near));
    }

    [[noreturn]] void refuse_end() const {
        throw Error(fmt::format(
            "{} does not fit {}, nothing was changed: \"No newline at end of file\" is not so there", name_, shown_));
    }

    std::size_t offset(std::size_t line) const {
        return line == lines_.size() ? text_.size() : static_cast<std::size_t>(lines_[line].data() - text_.data());
    }

    // One splice for each run of '-' and '+'; context keeps its bytes.
    void splice(std::size_t at) {
        std::size_t line = at;
        for (std::size_t i = 0; i < hunk_->lines.size();) {
            if (hunk_->lines[i].kind == ' ') {
                demand_end(hunk_->lines[i], line++);
                ++i;
                continue;
            }
            const std::size_t first = line;
            std::string come;
            bool says_end = i > 0 && hunk_->lines[i - 1].without_end, wants_no_end = false;
            for (; i < hunk_->lines.size() && hunk_->lines[i].kind != ' '; ++i) {
                const PatchLine& row = hunk_->lines[i];
                if (row.kind == '-') {
                    demand_end(row, line++);
                    says_end = says_end || row.without_end;
                    ++placed_.removed;
                } else {
                    if (wants_no_end) refuse_end();
                    come += row.text + "\n";
                    wants_no_end = row.without_end;
                    ++placed_.added;
                }
            }
            add_splice(first, line, std::move(come), says_end, wants_no_end);
        }
        free_from_ = line;
    }

    void demand_end(const PatchLine& row, std::size_t line) const {
        if (row.without_end && (line + 1 != lines_.size() || has_end_)) refuse_end();
    }

    void add_splice(std::size_t first, std::size_t last, std::string come, bool says_end, bool wants_no_end) {
        const bool at_end = last == lines_.size();
        if (wants_no_end && !at_end) refuse_end();
        const bool behind_open_line = at_end && first == last && !has_end_ && !text_.empty();
        const bool keeps_no_end = at_end && !has_end_ && !says_end;
        if ((wants_no_end || keeps_no_end) && !come.empty()) come.pop_back();
        if (behind_open_line) come.insert(0, "\n");
        placed_.splices.push_back({offset(first), offset(last), std::move(come)});
    }

    std::string_view text_;
    const std::string& shown_;
    std::vector<std::string_view> lines_;
    bool has_end_;
    std::unordered_map<std::string_view, int> known_;
    std::vector<int> ids_;
    const Hunk* hunk_ = nullptr;
    std::string name_;
    std::size_t free_from_ = 0, drift_ = 0;
    PlacedHunks placed_;
};

}  // namespace

PlacedHunks place_hunks(const std::vector<Hunk>& hunks, std::string_view text, const std::string& shown) {
    return Placer(text, shown).run(hunks);
}

std::string text_of_new_file(const std::vector<Hunk>& hunks) {
    std::string text;
    for (const auto& hunk : hunks) {
        for (const auto& line : hunk.lines) text += line.text + (line.without_end ? "" : "\n");
    }
    return text;
}

}  // namespace heddle::tools
