// engine/io/file.cpp: Reads files with errors that say which file, which bytes, and what to do.
#include "engine/io/file.h"

#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <unordered_set>
#include <utility>
#include <vector>

#include "engine/error.h"

namespace heddle::engine {

namespace {

constexpr int depth_max = 64;  // the files read here need five

}  // namespace

File::File(std::filesystem::path path) : path_(std::move(path)) {
    // Asked by name first: opening a FIFO would wait for its writer.
    struct stat status {};
    if (::stat(path_.c_str(), &status) != 0) {
        throw Error(fmt::format("cannot open {}: {}", path_.string(), std::strerror(errno)));
    }
    if (!S_ISREG(status.st_mode)) throw Error(fmt::format("cannot read {}: it is not a regular file", path_.string()));
    file_.reset(std::fopen(path_.c_str(), "rbe"));
    if (file_ == nullptr || ::fstat(::fileno(file_.get()), &status) != 0) {
        throw Error(fmt::format("cannot open {}: {}", path_.string(), std::strerror(errno)));
    }
    size_ = static_cast<std::uint64_t>(status.st_size);
}

void File::read_at(std::uint64_t offset, std::span<std::byte> into, std::string_view what) const {
    std::size_t done = 0;
    while (done < into.size()) {
        const ssize_t count =
            ::pread(::fileno(file_.get()), into.data() + done, into.size() - done, static_cast<off_t>(offset + done));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw Error(fmt::format("cannot read {} of {}: {}", what, path_.string(), std::strerror(errno)));
        if (count == 0) {
            struct stat now {};
            const bool known = ::fstat(::fileno(file_.get()), &now) == 0;
            throw Error(fmt::format("cannot load {}: the file ends at byte {}, {} needs {}; fetch it again",
                                    path_.string(), known ? static_cast<std::uint64_t>(now.st_size) : offset + done,
                                    what, offset + into.size()));
        }
        done += static_cast<std::size_t>(count);
    }
}

std::string read_whole(const std::filesystem::path& path, std::uint64_t bytes_max) {
    const File file(path);
    if (file.size() > bytes_max) {
        throw Error(fmt::format("cannot read {}: it has {} bytes, and more than {} are never right", path.string(),
                                file.size(), bytes_max));
    }
    std::string text(file.size(), '\0');
    file.read_at(0, std::as_writable_bytes(std::span(text)), "its text");
    return text;
}

nlohmann::json parse_json_object(std::string_view text, const std::string& place) {
    using Json = nlohmann::json;
    std::vector<std::unordered_set<std::string>> keys;  // of the objects that are open
    const auto check = [&](int depth, Json::parse_event_t event, Json& value) {
        // Whoever walks, copies or compares the result may recurse.
        if (depth > depth_max) throw Error(fmt::format("cannot load {}: its JSON nests too deeply", place));
        if (event == Json::parse_event_t::object_start) keys.emplace_back();
        if (event == Json::parse_event_t::object_end) keys.pop_back();
        if (event == Json::parse_event_t::key && !keys.back().insert(value.get<std::string>()).second) {
            throw Error(
                fmt::format("cannot load {}: the key {} stands twice", place, in_quotes(value.get<std::string>())));
        }
        return true;
    };
    try {
        auto parsed = Json::parse(text, check);
        if (!parsed.is_object()) throw Error(fmt::format("cannot load {}: it holds no JSON object", place));
        return parsed;
    } catch (const Json::parse_error& error) {
        throw Error(fmt::format("cannot load {}: it is not valid JSON at byte {}", place, error.byte));
    } catch (const Json::out_of_range&) {
        throw Error(fmt::format("cannot load {}: it holds a number outside every range", place));
    }
}

nlohmann::json read_json_object(const std::filesystem::path& path, std::uint64_t bytes_max) {
    return parse_json_object(read_whole(path, bytes_max), path.string());
}

std::string in_quotes(std::string_view text) {
    constexpr std::size_t length_max = 100;
    std::string shown(text.substr(0, length_max));
    if (text.size() > length_max) shown += "...";
    return nlohmann::json(shown).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

}  // namespace heddle::engine
