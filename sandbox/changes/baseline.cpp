// sandbox/changes/baseline.cpp: Reads the two clocks that matter: the exact one, and the one that stamps files.
#include "sandbox/changes/baseline.h"

#include <time.h>

#include <algorithm>
#include <cerrno>

#include "sandbox/error.h"

namespace heddle::sandbox::changes {

namespace {

std::int64_t now(clockid_t clock) {
    timespec time{};
    if (::clock_gettime(clock, &time) != 0) throw Error("read the clock", errno);
    return nanoseconds(time);
}

}  // namespace

Baseline Baseline::take() {
    Baseline baseline;
    baseline.opened = now(CLOCK_REALTIME);
    return baseline;
}

void Baseline::settle() const {
    constexpr int naps_max = 100;  // a clock that was set back is not waited for
    for (int nap = 0; nap < naps_max && now(CLOCK_REALTIME_COARSE) <= opened; ++nap) {
        const timespec pause{0, 500'000};
        ::nanosleep(&pause, nullptr);
    }
}

bool Baseline::is_newer(const std::string& path, const Stat& on_host) const {
    const std::int64_t changed = nanoseconds(on_host.st_ctim);
    if (const auto ours = written.find(path); ours != written.end() && ours->second == changed) return false;
    return std::max(changed, nanoseconds(on_host.st_mtim)) > opened;
}

}  // namespace heddle::sandbox::changes
