// sandbox/launcher/shared_start.h: Starts a child in this process's own memory, which it leaves as it executes a
// program.
#pragma once

#include <sys/types.h>

#include "sandbox/fd.h"

namespace heddle::sandbox {

// As vfork(), which copies no page tables, but this process goes on meanwhile, to see to it that the child gets on.
// Until then it may change nothing that it has in memory; and what the child leaves allocated there stays.
class SharedStart {
 public:
    // Where a change of user may open the memory to that user (`fs.suid_dumpable` is 1), and under a sanitizer, which
    // takes two on one heap for an error, the child gets a copy after all. `proc` is a /proc. Throws SetupError.
    explicit SharedStart(const Fd& proc);
    SharedStart(const SharedStart&) = delete;
    ~SharedStart();

    // Calls `life(given)` in a child, which must not come back from it. Throws SetupError.
    pid_t start(int (*life)(void*), void* given) const;

 private:
    bool shares_;
    void* stack_;
};

// Returns once the child has executed a program or ended. `door` is a socket whose other end it alone has, and not
// across exec. When something comes over `notes`, or somebody stops the child, it is killed.
void await_program(pid_t child, const Fd& door, const Fd& notes);

}  // namespace heddle::sandbox
