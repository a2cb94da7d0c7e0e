// tests/support/ordinary_user.h: A user with no rights, for tests that root runs.
#pragma once

#include <grp.h>
#include <unistd.h>

namespace heddle::test {

// Nobody's number, and another in each run: what the kernel counts by user must not meet what a test beside it does.
inline const unsigned ordinary_user = 20'000 + static_cast<unsigned>(::getpid()) % 40'000;

// False where this process cannot become another.
inline bool become_ordinary() {
    return ::setgroups(0, nullptr) == 0 && ::setgid(ordinary_user) == 0 && ::setuid(ordinary_user) == 0;
}

}  // namespace heddle::test
