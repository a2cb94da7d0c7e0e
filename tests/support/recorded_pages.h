// tests/support/recorded_pages.h: The pages that DeepSeek-V3.2's published example was shown, taken apart.
#pragma once

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <stdexcept>
#include <string>
#include <vector>

namespace heddle::test {

inline nlohmann::ordered_json recorded_session() {
    std::ifstream in(HEDDLE_SOURCE_DIR "/tests/vectors/dsml-v3.2/test_input_search_w_date.json");
    return nlohmann::ordered_json::parse(in).at("messages");
}

struct RecordedPage {
    std::string text;  // all of it
    long cursor = 0, first = 0, last = 0, of = 0;
    std::string title, url;
    std::vector<std::string> lines;  // without their numbers

    bool is_search() const { return url.starts_with("Search_Results/"); }
};

inline std::vector<RecordedPage> recorded_pages() {
    const std::regex head(R"(\[(\d+)\] (.*) \((.*)\)\n\*\*viewing lines \[(\d+) - (\d+)\] of (\d+)\*\*\n)");
    std::vector<RecordedPage> pages;
    for (const auto& message : recorded_session()) {
        if (message.at("role") != "tool") continue;
        RecordedPage page;
        page.text = message.at("content").get<std::string>();
        std::smatch match;
        const std::string start = page.text.substr(0, page.text.find("\n\n") + 1);
        if (!std::regex_match(start, match, head)) continue;
        page.cursor = std::stol(match[1]);
        page.title = match[2];
        page.url = match[3];
        page.first = std::stol(match[4]);
        page.last = std::stol(match[5]);
        page.of = std::stol(match[6]);
        for (std::size_t at = start.size() + 1; at <= page.text.size();) {
            const std::size_t end = std::min(page.text.find('\n', at), page.text.size());
            const std::string line = page.text.substr(at, end - at);
            const std::string number = "L" + std::to_string(page.lines.size()) + ": ";
            if (!line.starts_with(number)) throw std::runtime_error("not a numbered line: " + line);
            page.lines.push_back(line.substr(number.size()));
            at = end + 1;
        }
        pages.push_back(std::move(page));
    }
    return pages;
}

}  // namespace heddle::test
