// tests/tools/random_changes_test.cpp: 1,000 random edits and patches leave exactly the bytes of a plain model of
// files.
#include <doctest.h>
#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "tests/support/file_house.h"

namespace fs = std::filesystem;
using heddle::test::FileHouse;

namespace {

struct Line {
    std::string text, end;  // "\n", "\r\n", or "" of a last one
};
using Text = std::vector<Line>;

std::string bytes_of(const Text& text) {
    std::string bytes;
    for (const Line& line : text) bytes += line.text + line.end;
    return bytes;
}

std::string seen(const Text& text, std::size_t first, std::size_t last) {  // as read_file shows it
    std::string all;
    for (std::size_t i = first; i < last; ++i) all += text[i].text + (text[i].end.empty() ? "" : "\n");
    return all;
}

// What a new line in front of line `at` ends in.
std::string end_at(const Text& text, std::size_t at) {
    for (std::size_t i = at; i < text.size(); ++i)
        if (!text[i].end.empty()) return text[i].end;
    for (std::size_t i = std::min(at, text.size()); i-- > 0;)
        if (!text[i].end.empty()) return text[i].end;
    return "\n";
}

std::size_t occurrences(const std::string& all, const std::string& part) {
    std::size_t count = 0;
    for (auto at = all.find(part); at != std::string::npos; at = all.find(part, at + 1)) ++count;
    return count;
}

class Model {
 public:
    explicit Model(unsigned seed) : random_(seed) {}

    std::size_t below(std::size_t bound) { return random_() % bound; }

    std::string words() {
        static const char* const parts[] = {"x",           "if (a)", "\t",    "{",  "}",    "Grüße",
                                            "  return 0;", "--- a",  "+++ b", "@@", "\\ x", ""};
        std::string text;
        for (std::size_t i = below(3); i > 0; --i) text += parts[below(std::size(parts))];
        return below(3) == 0 ? text : text + fmt::format("{}", random_());  // one of many, or like others
    }

    Text text() {
        Text made(1 + below(40));
        const std::size_t style = below(3);
        for (Line& line : made) line = {words(), style == 2 ? (below(2) ? "\n" : "\r\n") : style == 1 ? "\r\n" : "\n"};
        if (below(3) == 0) made.back().end.clear();
        if (made.back().end.empty() && made.back().text.empty()) made.back().text = "last";
        return made;
    }

    // Lines [first, last) give way to `come`; a last line without an end stays one.
    static void change(Text& text, std::size_t first, std::size_t last, const std::vector<std::string>& come) {
        const bool open = !text.empty() && text.back().end.empty();
        const std::string end = end_at(text, first);
        const bool at_end = last == text.size();
        if (at_end && first == last && open && !come.empty()) text.back().end = end;
        Text fresh;
        for (const auto& line : come) fresh.push_back({line, end});
        if (at_end && open && !fresh.empty()) fresh.back().end.clear();
        text.erase(text.begin() + static_cast<std::ptrdiff_t>(first), text.begin() + static_cast<std::ptrdiff_t>(last));
        text.insert(text.begin() + static_cast<std::ptrdiff_t>(first), fresh.begin(), fresh.end());
    }

    // Hunks that change some places of `text`, which becomes what they make of it.
    std::string hunks(Text& text) {
        const std::size_t context = 1 + below(3);
        const Text before = text;
        std::string diff;
        std::ptrdiff_t moved = 0;
        const bool has_numbers = below(4) != 0;
        for (std::size_t at = below(6); at < before.size();) {
            const std::size_t last = std::min(before.size(), at + below(4));
            std::vector<std::string> come(last == at ? 1 + below(3) : below(3));
            for (auto& line : come) line = words();
            if (last == before.size() && !come.empty() && come.back().empty()) come.back() = "end";
            const std::size_t first_shown = at - std::min(at, context),
                              last_shown = std::min(before.size(), last + context);
            diff += has_numbers ? fmt::format("@@ -{},{} +{},{} @@\n", first_shown + 1, last_shown - first_shown,
                                              static_cast<std::ptrdiff_t>(first_shown) + 1 + moved,
                                              last_shown - first_shown - (last - at) + come.size())
                                : fmt::format("@@ -{} +{} @@ counts are wrong\n", first_shown + 1, first_shown + 1);
            for (std::size_t i = first_shown; i < at; ++i) diff += " " + before[i].text + "\n";
            for (std::size_t i = at; i < last; ++i) diff += "-" + before[i].text + "\n";
            for (const auto& line : come) diff += "+" + line + "\n";
            for (std::size_t i = last; i < last_shown; ++i) diff += " " + before[i].text + "\n";
            change(text, static_cast<std::size_t>(static_cast<std::ptrdiff_t>(at) + moved),
                   static_cast<std::size_t>(static_cast<std::ptrdiff_t>(last) + moved), come);
            moved += static_cast<std::ptrdiff_t>(come.size()) - static_cast<std::ptrdiff_t>(last - at);
            if (text.empty()) break;
            at = last + 2 * context + 1 + below(10);
        }
        return diff;
    }

 private:
    std::mt19937 random_;
};

}  // namespace

TEST_CASE("file tools: 500 random edits leave the bytes that the model has") {
    const FileHouse house(heddle::test::fast_folder());
    Model model(11);
    int done = 0, refused = 0;
    for (int i = 0; i < 500; ++i) {
        Text text = model.text();
        const std::string mark = model.below(5) == 0 ? "\xef\xbb\xbf" : "", before = mark + bytes_of(text);
        house.put("f", before);
        const std::size_t first = model.below(text.size()),
                          last = first + 1 + model.below(std::min<std::size_t>(4, text.size() - first));
        std::vector<std::string> come(1 + model.below(4));
        for (auto& line : come) line = model.words();
        std::string from = seen(text, first, last), to;
        for (std::size_t j = 0; j < come.size(); ++j) to += (j > 0 ? "\n" : "") + come[j];
        // The last line's end stands in neither text, so that it stays.
        if (from.ends_with('\n')) from.pop_back();
        const bool is_possible = !from.empty() && from != to && occurrences(seen(text, 0, text.size()), from) == 1;
        const std::string end = text[last - 1].end, style = end_at(text, first);
        Text after = text;
        after.erase(after.begin() + static_cast<std::ptrdiff_t>(first),
                    after.begin() + static_cast<std::ptrdiff_t>(last));
        for (std::size_t j = 0; j < come.size(); ++j)
            after.insert(after.begin() + static_cast<std::ptrdiff_t>(first + j),
                         {come[j], j + 1 == come.size() ? end : style});
        const auto result = house.edit("f", from, to);
        INFO(i, " ", from, "\n->\n", to, "\n", result.text);
        REQUIRE(result.ok == is_possible);
        REQUIRE(house.bytes("f") == (is_possible ? mark + bytes_of(after) : before));
        (is_possible ? done : refused) += 1;
    }
    CHECK(done > 300);
    CHECK(refused > 30);
}

TEST_CASE("file tools: 500 random patches leave the files that the model has, and nothing beside them") {
    const FileHouse house(heddle::test::fast_folder());
    Model model(12);
    std::map<std::string, Text> files;
    const auto names = [&] {
        std::vector<std::string> all;
        for (const auto& [name, text] : files) all.push_back(name);
        return all;
    };
    int made = 0, gone = 0, moved = 0, changed = 0, refused = 0;
    for (int i = 0; i < 500; ++i) {
        std::map<std::string, Text> after = files;
        std::string patch;
        const bool is_spoilt = model.below(10) == 0;
        for (const auto& name : names()) {
            const std::size_t what = model.below(8);
            const Text& text = files.at(name);
            if (what == 0) {
                patch += fmt::format("--- a/{}\n+++ /dev/null\n@@ -1,{} +0,0 @@\n", name, text.size());
                for (const Line& line : text) patch += "-" + line.text + "\n";
                after.erase(name);
                ++gone;
            } else if (what == 1) {
                const std::string to = fmt::format("m{}/{}", i, name.substr(name.rfind('/') + 1));
                patch += fmt::format("diff --git a/{0} b/{1}\nrename from {0}\nrename to {1}\n", name, to);
                const std::string hunks = model.below(2) ? model.hunks(after.at(name)) : "";
                if (!hunks.empty()) patch += fmt::format("--- a/{}\n+++ b/{}\n{}", name, to, hunks);
                after[to] = after.at(name);
                after.erase(name);
                ++moved;
            } else if (what < 5) {
                const std::string hunks = model.hunks(after.at(name));
                if (hunks.empty()) continue;
                patch += fmt::format("--- a/{0}\n+++ b/{0}\n{1}", name, hunks);
                if (after.at(name).empty()) after.at(name).clear();
                ++changed;
            }
        }
        if (files.size() < 6) {
            const std::string name = fmt::format("{}n{}.txt", model.below(2) ? "dir/" : "", i);
            Text text = model.text();
            for (Line& line : text) line.end = line.end.empty() ? "" : "\n";
            patch += fmt::format("--- /dev/null\n+++ b/{}\n@@ -0,0 +1,{} @@\n", name, text.size());
            for (const Line& line : text)
                patch += "+" + line.text + (line.end.empty() ? "\n\\ No newline at end of file\n" : "\n");
            after[name] = text;
            ++made;
        }
        if (patch.empty()) continue;
        if (is_spoilt) patch += "--- a/none\n+++ b/none\n@@ -1 +1 @@\n-x\n+y\n";
        const auto result = house.patch(patch);
        INFO(i, "\n", patch, "\n", result.text);
        REQUIRE(result.ok == !is_spoilt);
        refused += is_spoilt;
        if (!is_spoilt) files = after;
        std::erase_if(files, [&](const auto& file) {  // an emptied file is there, and has nothing more to change
            if (!file.second.empty()) return false;
            REQUIRE(house.bytes(file.first).empty());
            fs::remove(house.root / file.first);
            return true;
        });
        std::size_t there = 0;
        for (const auto& entry : fs::recursive_directory_iterator(house.root)) there += entry.is_regular_file();
        REQUIRE(there == files.size());
        for (const auto& [name, text] : files) REQUIRE(house.bytes(name) == bytes_of(text));
    }
    MESSAGE(made, " made, ", gone, " gone, ", moved, " moved, ", changed, " changed, ", refused, " refused");
    CHECK(std::min({made, gone, moved, changed, refused}) > 20);
}
