// tools/near_places.cpp: Compares the longest line of what is wanted with each line, by the pairs of letters they
// share.
#include "tools/near_places.h"

#include <fmt/format.h>

#include <algorithm>
#include <bitset>
#include <vector>

#include "tools/clip.h"
#include "tools/text_file.h"

namespace heddle::tools {

namespace {

constexpr std::size_t lines_max = 100'000, text_bytes_looked_at = 4 << 20;  // some ms
constexpr std::size_t compared_bytes_max = 200;                             // of a line
constexpr std::size_t places_max = 3, place_lines_max = 8;                  // of the message
constexpr std::size_t shown_bytes_max = 200;                                // of a line there
constexpr double alike = 0.5;                                               // of the pairs are the same

using Pairs = std::bitset<1024>;  // of letters, hashed

Pairs pairs_of(std::string_view line) {
    Pairs pairs;
    line = trimmed(line).substr(0, compared_bytes_max);
    for (std::size_t i = 0; i + 1 < line.size(); ++i) {
        const auto one = static_cast<unsigned char>(line[i]), next = static_cast<unsigned char>(line[i + 1]);
        pairs.set((one * 31u + next * 7u) % pairs.size());
    }
    return pairs;
}

double likeness(const Pairs& one, const Pairs& other) {
    const std::size_t all = one.count() + other.count();
    return all == 0 ? 0 : 2.0 * static_cast<double>((one & other).count()) / static_cast<double>(all);
}

struct Place {
    std::size_t first;  // line, from 0
    double score;
};

}  // namespace

std::string near_places(std::string_view text, std::string_view wanted) {
    std::vector<std::string_view> lines = split_lines(text.substr(0, text_bytes_looked_at));
    if (lines.size() > lines_max) lines.resize(lines_max);
    const std::vector<std::string_view> asked = split_lines(wanted);
    if (asked.empty() || lines.empty()) return "";
    const auto longest = std::ranges::max_element(
        asked, {}, [](std::string_view line) { return std::min(trimmed(line).size(), compared_bytes_max); });
    const auto before = static_cast<std::size_t>(longest - asked.begin());
    const Pairs pairs = pairs_of(*longest);

    std::vector<Place> places;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        double score = likeness(pairs, pairs_of(lines[i]));
        if (score < alike) continue;
        const std::size_t first = i - std::min(i, before);
        // Equal lines around it tell two like lines apart.
        const std::size_t compared = std::min({asked.size(), lines.size() - first, std::size_t{40}});
        for (std::size_t j = 0; j < compared; ++j)
            score += trimmed(lines[first + j]) == trimmed(asked[j]) ? 1.0 / static_cast<double>(asked.size()) : 0;
        places.push_back({first, score});
    }
    std::ranges::sort(places, [](const Place& one, const Place& other) {
        return one.score != other.score ? one.score > other.score : one.first < other.first;
    });
    std::string out;
    std::vector<std::size_t> told;
    const std::size_t height = std::min(asked.size(), place_lines_max);
    for (const Place& place : places) {
        const auto overlaps = [&](std::size_t other) {
            return place.first < other + height && other < place.first + height;
        };
        if (std::ranges::any_of(told, overlaps)) continue;
        if (told.size() == places_max) break;
        told.push_back(place.first);
        out += numbered_lines(text, place.first + 1, std::min(place.first + height, lines.size()));
        if (height < asked.size()) out += "...\n";
    }
    return out;
}

std::string numbered_lines(std::string_view text, std::size_t first, std::size_t last) {
    std::string out;
    std::size_t number = 1;
    while (!text.empty() && number <= last) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        if (number >= first) {
            const std::string_view line = text.substr(0, end), part = prefix_of(line, shown_bytes_max);
            out += fmt::format("{}\t{}{}\n", number, readable(part), part.size() < line.size() ? " [...]" : "");
        }
        text.remove_prefix(std::min(end + 1, text.size()));
        ++number;
    }
    return out;
}

}  // namespace heddle::tools
