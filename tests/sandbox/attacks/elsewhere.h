// tests/sandbox/attacks/elsewhere.h: Runs rows in a process of its own that has become somebody else, and reports them.
#pragma once

#include <functional>
#include <string>

#include "tests/sandbox/attacks/range.h"
#include "tests/support/ordinary_user.h"

namespace heddle::test {

struct Finding {
    std::string id, attempt, seen, host, verdict;
    std::string why;  // empty if there is nothing to say
};
using Tell = std::function<void(const Finding&)>;

// Makes this process what it shall be; false where it cannot.
bool stay_as_it_is();
bool hide_cgroups();  // a launcher that sees no cgroup file system has to poll

// Checks that every verdict is a fair one: held, open, elsewhere, works, missing, none. The lines are printed when all
// cases of the program have run.
void run_as(const std::string& name, const std::function<bool()>& become,
            const std::function<void(Range&, const Tell&)>& rows);

}  // namespace heddle::test
