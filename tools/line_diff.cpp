// tools/line_diff.cpp: E. W. Myers, An O(ND) Difference Algorithm (1986), on lines, with a bound on D.
#include "tools/line_diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "tools/clip.h"

namespace heddle::tools {

namespace {

using Lines = std::vector<std::string_view>;  // each with its end, so that a last one without differs from one with

constexpr int edits_max = 400;               // time grows with its square, and with the length of equal parts
constexpr std::size_t context_lines = 3;     // as diff -u has
constexpr std::size_t line_bytes_max = 300;  // of a line that is shown

struct Row {  // of the diff: ' ', '-' or '+'
    char kind;
    std::string_view text;
};

Lines lines_of(std::string_view text) {
    Lines lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
        lines.push_back(text.substr(0, end));
        text.remove_prefix(end);
    }
    return lines;
}

// How far each number of edits reaches on each diagonal, -d to d; the last one reaches the end. Empty where more than
// edits_max would be needed.
std::vector<std::vector<int>> reach(const Lines& a, const Lines& b) {
    const int n = static_cast<int>(a.size()), m = static_cast<int>(b.size());
    std::vector<std::vector<int>> reached;
    std::vector<int> furthest(2 * static_cast<std::size_t>(edits_max) + 3, 0);
    const auto at = [&](int diagonal) -> int& { return furthest[static_cast<std::size_t>(diagonal + edits_max + 1)]; };
    const auto equal = [&](int x, int y) { return a[static_cast<std::size_t>(x)] == b[static_cast<std::size_t>(y)]; };
    for (int d = 0; d <= edits_max; ++d) {
        bool is_through = false;
        for (int k = -d; k <= d; k += 2) {
            int x = k == -d || (k != d && at(k - 1) < at(k + 1)) ? at(k + 1) : at(k - 1) + 1;
            while (x < n && x - k < m && equal(x, x - k)) ++x;
            at(k) = x;
            is_through = is_through || (k == n - m && x >= n);
        }
        reached.emplace_back(&at(-d), &at(d) + 1);
        if (is_through) return reached;
    }
    return {};
}

std::vector<Row> shortest_edits(const Lines& a, const Lines& b) {
    const auto reached = reach(a, b);
    std::vector<Row> rows;
    std::size_t x = a.size(), y = b.size();
    for (int d = static_cast<int>(reached.size()) - 1; d >= 0; --d) {
        const int k = static_cast<int>(x) - static_cast<int>(y);
        const auto before = [&](int diagonal) {
            return reached[static_cast<std::size_t>(d - 1)][static_cast<std::size_t>(diagonal + d - 1)];
        };
        const bool adds = d > 0 && (k == -d || (k != d && before(k - 1) < before(k + 1)));
        const int start = d == 0 ? 0 : adds ? before(k + 1) : before(k - 1) + 1;
        while (x > static_cast<std::size_t>(start)) {
            rows.push_back({' ', a[--x]});
            --y;
        }
        if (d > 0) rows.push_back(adds ? Row{'+', b[--y]} : Row{'-', a[--x]});
    }
    std::ranges::reverse(rows);
    return rows;
}

std::vector<Row> rows_of(const Lines& a, const Lines& b) {
    std::size_t head = 0, tail = 0;
    const std::size_t least = std::min(a.size(), b.size());
    while (head < least && a[head] == b[head]) ++head;
    while (tail < least - head && a[a.size() - 1 - tail] == b[b.size() - 1 - tail]) ++tail;
    const auto middle_of = [&](const Lines& lines) {
        return Lines(lines.begin() + static_cast<std::ptrdiff_t>(head),
                     lines.end() - static_cast<std::ptrdiff_t>(tail));
    };
    const Lines gone = middle_of(a), come = middle_of(b);
    std::vector<Row> middle = shortest_edits(gone, come);
    if (middle.empty()) {
        for (const auto line : gone) middle.push_back({'-', line});
        for (const auto line : come) middle.push_back({'+', line});
    }
    std::vector<Row> rows;
    for (std::size_t i = 0; i < head; ++i) rows.push_back({' ', a[i]});
    rows.insert(rows.end(), middle.begin(), middle.end());
    for (std::size_t i = a.size() - tail; i < a.size(); ++i) rows.push_back({' ', a[i]});
    return rows;
}

class Writer {
 public:
    explicit Writer(std::size_t bytes_max) : bytes_max_(bytes_max) {}

    void add_hunk(const std::vector<Row>& rows, std::size_t begin, std::size_t end) {
        std::size_t gone = 0, come = 0;
        for (std::size_t i = begin; i < end; ++i) {
            gone += rows[i].kind != '+';
            come += rows[i].kind != '-';
        }
        add(fmt::format("@@ -{} +{} @@", range(old_line_, gone), range(new_line_, come)));
        for (std::size_t i = begin; i < end; ++i) {
            add(rows[i].kind + shown(rows[i].text));
            if (!rows[i].text.ends_with('\n')) add("\\ No newline at end of file");
        }
        old_line_ += gone;
        new_line_ += come;
    }
    void pass(std::size_t lines) {
        old_line_ += lines;
        new_line_ += lines;
    }
    std::string take() {
        if (left_out_ > 0) text_ += fmt::format("[... {} lines of the diff left out]\n", left_out_);
        return std::move(text_);
    }

 private:
    static std::string range(std::size_t line, std::size_t lines) {
        if (lines == 1) return fmt::format("{}", line);
        return fmt::format("{},{}", lines == 0 ? line - 1 : line, lines);
    }
    static std::string shown(std::string_view text) {
        if (text.ends_with('\n')) text.remove_suffix(1);
        const std::string_view part = prefix_of(text, line_bytes_max);
        if (part.size() == text.size()) return readable(text);
        return fmt::format("{} [... {} bytes]", readable(part), text.size() - part.size());
    }
    void add(const std::string& line) {
        if (left_out_ > 0 || text_.size() + line.size() > bytes_max_)
            ++left_out_;
        else
            text_ += line + "\n";
    }

    std::size_t bytes_max_;
    std::string text_;
    std::size_t old_line_ = 1, new_line_ = 1, left_out_ = 0;
};

// Takes from both texts what is equal at their begin and at their end, but for lines of context; returns how many lines
// the first part has.
std::size_t cut_equal_parts(std::string_view& a, std::string_view& b) {
    const std::size_t least = std::min(a.size(), b.size());
    const auto same =
        static_cast<std::size_t>(std::mismatch(a.begin(), a.begin() + least, b.begin()).first - a.begin());
    std::size_t tail = 0;
    while (tail < least - same && a[a.size() - 1 - tail] == b[b.size() - 1 - tail]) ++tail;

    std::size_t head = same;  // to the begin of a line, and some lines back
    for (std::size_t lines = 0; head > 0 && (lines += a[head - 1] == '\n') <= context_lines;) --head;
    std::size_t end = a.size() - tail;  // behind the end of a line, and some lines on
    for (std::size_t lines = 0; end < a.size() && lines <= context_lines; ++end) lines += a[end] == '\n';
    tail = a.size() - end;
    const auto lines = static_cast<std::size_t>(std::count(a.begin(), a.begin() + head, '\n'));
    a = a.substr(head, a.size() - tail - head);
    b = b.substr(head, b.size() - tail - head);
    return lines;
}

}  // namespace

std::string line_diff(std::string_view before, std::string_view after, std::size_t bytes_max) {
    if (before == after) return "";
    const std::size_t passed = cut_equal_parts(before, after);
    const std::vector<Row> rows = rows_of(lines_of(before), lines_of(after));
    const auto next_change = [&](std::size_t from) {
        while (from < rows.size() && rows[from].kind == ' ') ++from;
        return from;
    };
    Writer writer(bytes_max);
    writer.pass(passed);
    std::size_t at = 0;
    for (std::size_t change = next_change(0); change < rows.size();) {
        const std::size_t begin = std::max(at, change - std::min(change, context_lines));
        std::size_t end = change;
        while (change < rows.size() && change <= end + 2 * context_lines) {  // nearer changes share a hunk
            end = change + 1;
            change = next_change(end);
        }
        end = std::min(end + context_lines, rows.size());
        writer.pass(begin - at);
        writer.add_hunk(rows, begin, end);
        at = end;
    }
    return writer.take();
}

}  // namespace heddle::tools
