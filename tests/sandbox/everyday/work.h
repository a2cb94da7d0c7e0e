// tests/sandbox/everyday/work.h: One piece of a developer's day: what it needs, what is typed, what has to be printed.
#pragma once

#include <vector>

namespace heddle::test {

struct Work {
    const char* name;
    const char* needs;   // programs, and module:NAME for one of Python's, separated by spaces; what is missing is said
    const char* script;  // for bash, under set -e
    const char* out;
};

std::vector<Work> work_with_tools();
std::vector<Work> small_checks();
std::vector<Work> whole_projects();  // in a workspace that holds the sources of this project

}  // namespace heddle::test
