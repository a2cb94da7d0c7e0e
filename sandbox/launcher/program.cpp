// sandbox/launcher/program.cpp: A clean environment, PATH looked through, and pointers to all of it.
#include "sandbox/launcher/program.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>

namespace heddle::sandbox {

namespace {

using Environment = std::map<std::string, std::string>;

// What a program needs, and what keeps it from asking or from painting; nothing of ours.
Environment clean_environment(const Shelter& shelter) {
    Environment clean{{"PATH", "/usr/local/bin:/usr/bin:/bin"},
                      {"HOME", shelter.home},
                      {"USER", "guest"},
                      {"LOGNAME", "guest"},
                      {"SHELL", "/bin/bash"},
                      {"TMPDIR", shelter.temporary},
                      {"LANG", "C.UTF-8"},
                      {"TERM", "dumb"},
                      {"PAGER", "cat"},
                      {"GIT_PAGER", "cat"},
                      {"GIT_TERMINAL_PROMPT", "0"},
                      {"DEBIAN_FRONTEND", "noninteractive"},
                      {"PIP_DISABLE_PIP_VERSION_CHECK", "1"}};
    // A file of the system that is there and cannot be read ends git; one that is not there would not.
    if (shelter.shows_host) clean["GIT_CONFIG_NOSYSTEM"] = "1";
    return clean;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> result;
    for (auto& text : texts) result.push_back(text.data());
    result.push_back(nullptr);
    return result;
}

std::vector<std::string> candidates(const std::string& name, const std::string& path) {
    if (name.find('/') != std::string::npos) return {name};
    std::vector<std::string> found;
    for (std::size_t at = 0; at <= path.size() && !name.empty();) {
        const std::size_t end = std::min(path.find(':', at), path.size());
        if (end > at) found.push_back(path.substr(at, end - at) + "/" + name);
        at = end + 1;
    }
    return found;
}

}  // namespace

Program::Program(const Command& command, const Shelter& shelter) : arguments_(command.argv) {
    Environment environment = clean_environment(shelter);
    for (const auto& [name, value] : command.environment) environment[name] = value;
    places_ = candidates(arguments_[0], environment["PATH"]);
    for (const auto& [name, value] : environment) variables_.push_back(fmt::format("{}={}", name, value));
    argv_ = pointers(arguments_);
    environment_ = pointers(variables_);
}

void Program::execute() const {
    int error = ENOENT;
    for (const auto& place : places_) {
        ::execve(place.c_str(), argv_.data(), environment_.data());
        if (errno != ENOENT && errno != ENOTDIR) error = errno;  // another folder may have it; a refusal says more
    }
    errno = error;
}

}  // namespace heddle::sandbox
