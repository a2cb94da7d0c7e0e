// tools/grep_guest.cpp: ripgrep in the sandbox, whose report in JSON Lines is read as hostile text.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "prompts/message.h"
#include "sandbox/outcome.h"
#include "tools/clip.h"
#include "tools/error.h"
#include "tools/grep_search.h"

namespace heddle::tools {

namespace {

using prompts::Json;
using sandbox::Outcome;

constexpr int status_failed = 2, status_not_executable = 126, status_not_found = 127;

// What it would search by itself beside .gitignore is left out, so that both ways find the same.
std::vector<std::string> command_of(const Found& found, const GrepQuery& query) {
    std::vector<std::string> argv{"rg",
                                  "--no-config",
                                  "--json",
                                  "--hidden",
                                  "--crlf",
                                  "--no-require-git",
                                  "--no-ignore-dot",
                                  "--no-ignore-global",
                                  "--no-ignore-exclude",
                                  "--glob=!.git",
                                  "--sort=path",
                                  "--engine=auto",
                                  fmt::format("--max-filesize={}", Workspace::whole_bytes_max),
                                  fmt::format("--max-count={}", GrepReport::found_max + 1)};
    if (query.ignore_case) argv.emplace_back("--ignore-case");
    argv.push_back("--regexp=" + query.pattern);
    argv.emplace_back("--");
    argv.push_back(found.place == "." ? "./" : "./" + found.place);
    return argv;
}

std::string from_base64(std::string_view text) {
    static constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string bytes;
    std::uint32_t bits = 0;
    int count = 0;
    for (const char c : text) {
        const auto digit = digits.find(c);
        if (digit == std::string_view::npos) break;
        bits = (bits << 6) | static_cast<std::uint32_t>(digit);
        count += 6;
        if (count < 8) continue;
        count -= 8;
        bytes += static_cast<char>((bits >> count) & 0xff);
    }
    return bytes;
}

// {"text": ...}, or {"bytes": ...} for what is no UTF-8.
std::string bytes_of(const Json& value) {
    if (!value.is_object()) return "";
    const auto text = value.find("text");
    if (text != value.end() && text->is_string()) return text->get<std::string>();
    const auto bytes = value.find("bytes");
    return bytes != value.end() && bytes->is_string() ? from_base64(bytes->get<std::string>()) : "";
}

const Json& part(const Json& value, const char* name) {
    static const Json none;
    const auto found = value.is_object() ? value.find(name) : value.end();
    return found == value.end() ? none : *found;
}

class Reader {
 public:
    Reader(const GrepQuery& query, GrepReport& report) : query_(query), report_(report) {}

    void read(std::string_view text) {
        while (!text.empty() && !report_.has_more()) {
            const std::size_t end = text.find('\n');
            if (end == std::string_view::npos) return;  // cut off
            read_line(text.substr(0, end));
            text.remove_prefix(end + 1);
        }
    }
    void flush() {
        for (const auto& [number, line] : lines_) report_.add_line(place_, number, line);
        lines_.clear();
    }

 private:
    void read_line(std::string_view text) {
        const Json event = Json::parse(text, nullptr, false);
        const Json& type = part(event, "type");
        const Json& data = part(event, "data");
        if (type == "begin") {
            flush();
            place_ = bytes_of(part(data, "path"));
            if (place_.starts_with("./")) place_.erase(0, 2);
            is_wanted_ = query_.wants(place_);
        } else if (type == "match" && is_wanted_ && part(data, "line_number").is_number_unsigned()) {
            std::string line = bytes_of(part(data, "lines"));
            if (line.ends_with('\n')) line.pop_back();
            lines_.emplace_back(part(data, "line_number").get<std::uint64_t>(), std::move(line));
        } else if (type == "end") {
            if (!part(data, "binary_offset").is_null()) lines_.clear();
            flush();
        }
    }

    const GrepQuery& query_;
    GrepReport& report_;
    std::string place_;
    bool is_wanted_ = false;
    std::vector<std::pair<std::uint64_t, std::string>> lines_;  // of a file whose end may tell that it is no text
};

}  // namespace

bool search_by_ripgrep(ToolContext& context, const Found& found, const GrepQuery& query, GrepReport& report,
                       const std::stop_token& stop) {
    sandbox::Command guest;
    guest.argv = command_of(found, query);
    const sandbox::Result ran = context.bench.run(guest, stop);
    const Outcome& outcome = ran.outcome;
    if (outcome.kind == Outcome::Kind::setup_failed) return false;
    const int status = outcome.kind == Outcome::Kind::exited ? outcome.code : 0;
    if (status == status_not_found || status == status_not_executable) return false;
    if (status == status_failed && ran.out.total_bytes == 0)
        throw Error("ripgrep refuses the search: " + one_line(ran.err.text(), 500));

    Reader reader(query, report);
    reader.read(ran.out.head);
    if (ran.out.dropped_bytes() == 0) reader.read(ran.out.tail);
    reader.flush();
    if (report.has_more()) return true;
    if (outcome.kind != Outcome::Kind::exited)
        report.say_incomplete("stopped: " + one_line(sandbox::describe(outcome), 200));
    else if (ran.out.dropped_bytes() > 0)
        report.say_incomplete("it found too much to go through; name a folder or a glob");
    else if (status == status_failed)
        report.say_incomplete("some files could not be read");
    return true;
}

}  // namespace heddle::tools
