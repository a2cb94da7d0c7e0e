// sandbox/launcher/usher.h: Starts commands from a thread that has taken rules on itself, or from the calling one.
#pragma once

#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

#include "sandbox/launcher/landlock.h"

namespace heddle::sandbox {

// Who is under Landlock mounts nothing any more, and a rule holds for the folder that was there when it was made. So in
// a guest whose workspace may be mounted anew, the keeper stays outside: a thread of its own goes under the rules, and
// what is started from there has them, all in one domain. They cannot be changed, but another thread can take others.
//
// One of the two works at a time, so nothing of the keeper's has to be locked.
class Usher {
 public:
    Usher() = default;
    Usher(const Usher&) = delete;
    ~Usher() { end(); }

    void begin(const LandlockRules& rules);  // ends the one before; throws SetupError
    void end();

    // Does it there, or here where none has begun; returns when it is done. Throws what it throws.
    void run(const std::function<void()>& work);

 private:
    void live();

    std::thread thread_;
    std::mutex mutex_;
    std::condition_variable turn_;
    const std::function<void()>* work_ = nullptr;  // none: it is done
    bool is_over_ = false;
    std::exception_ptr failure_;
};

}  // namespace heddle::sandbox
