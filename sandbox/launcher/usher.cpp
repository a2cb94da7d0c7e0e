// sandbox/launcher/usher.cpp: A hand-over of work from one thread to another, which waits.
#include "sandbox/launcher/usher.h"

#include <sys/prctl.h>

#include <utility>

#include "sandbox/launcher/setup_error.h"

namespace heddle::sandbox {

void Usher::begin(const LandlockRules& rules) {
    end();
    thread_ = std::thread([this] { live(); });
    run([&] {
        check(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), Step::seccomp, "give up new privileges");
        apply_landlock(rules);
    });
}

void Usher::end() {
    if (!thread_.joinable()) return;
    {
        const std::lock_guard lock(mutex_);
        is_over_ = true;
    }
    turn_.notify_all();
    thread_.join();
    is_over_ = false;
}

void Usher::run(const std::function<void()>& work) {
    if (!thread_.joinable()) return work();
    std::unique_lock lock(mutex_);
    work_ = &work;
    turn_.notify_all();
    turn_.wait(lock, [&] { return work_ == nullptr; });
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void Usher::live() {
    std::unique_lock lock(mutex_);
    for (;;) {
        turn_.wait(lock, [&] { return work_ != nullptr || is_over_; });
        if (work_ == nullptr) return;
        try {
            (*work_)();
        } catch (...) {
            failure_ = std::current_exception();
        }
        work_ = nullptr;
        turn_.notify_all();
    }
}

}  // namespace heddle::sandbox
