// sandbox/launcher/jobs.h: The commands of a guest that run now: started as ordered, killed as asked, reaped.
#pragma once

#include <poll.h>
#include <sys/types.h>

#include <list>
#include <vector>

#include "sandbox/channel.h"
#include "sandbox/launcher/call_watch.h"
#include "sandbox/launcher/met_limits.h"
#include "sandbox/launcher/shared_start.h"
#include "sandbox/launcher/shelter.h"
#include "sandbox/launcher/usher.h"
#include "sandbox/policy.h"

namespace heddle::sandbox {

class Jobs {
 public:
    // `task_events` is of the guest's cgroup.
    Jobs(const Policy& policy, const Fd& task_events, const Shelter& shelter, Usher& usher)
        : policy_(policy),
          shelter_(shelter),
          usher_(usher),
          limits_(policy, task_events, shelter),
          starts_(shelter.proc) {}

    // An order's descriptors: the socket for its notes, and the three streams unless a terminal is all of them.
    // What is wrong with it, its socket is told.
    void start(Message order);

    // Collects whatever has ended, orphans too, and tells the commands' supervisors.
    void reap();

    // Entries of the jobs, and of the calls that are refused to them; then, with what poll() said, kills those whose
    // supervisor wants it or has gone, and answers the calls.
    void watch(std::vector<pollfd>& fds) const;
    void obey(const pollfd* fds);

    bool is_wanted() const;  // a command runs whose supervisor waits for its end
    void end_all();          // and what commands have left running; in PID 1

    bool is_over() const { return is_over_; }  // an order that was the last one has ended

 private:
    struct Job {
        pid_t pid = 0;  // also its session
        Fd notes;
        bool is_last = false;
        bool is_killed = false;
        std::uint64_t tasks_refused = 0;  // when it began
    };
    struct Start;
    void launch(Message& order);
    static int live(void* start);  // of the child

    const Policy& policy_;
    const Shelter& shelter_;
    Usher& usher_;
    MetLimits limits_;
    SharedStart starts_;
    CallWatch calls_;
    std::list<Job> jobs_;
    bool is_over_ = false;
};

}  // namespace heddle::sandbox
