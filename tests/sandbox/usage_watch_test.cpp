// tests/sandbox/usage_watch_test.cpp: Tests when polled memory ends a guest, over a /proc that says what the test says.
#include "sandbox/usage_watch.h"

#include <doctest.h>
#include <fcntl.h>
#include <fmt/core.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/temp_folder.h"

using namespace heddle::sandbox;
using heddle::test::TempFolder;

namespace {

constexpr std::uint64_t mebibyte = 1u << 20;

// A guest that may have 64 MiB, and has these processes.
struct PolledGuest {
    explicit PolledGuest(const std::vector<const char*>& processes) {
        for (const char* process : processes) std::filesystem::create_directory(proc.path() / process);
        link.proc = Fd(::open(proc.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        limits.memory_bytes = 64 * mebibyte;
    }
    TempFolder proc;
    GuestLink link;
    Limits limits;
};

std::string line(const char* name, int mebibytes) {
    return fmt::format("{}: {} kB\n", name, mebibytes * 1024);
}

}  // namespace

TEST_CASE("usage watch: one reading of too much polled memory does not end a guest, two in a row do") {
    const PolledGuest guest({"1"});
    std::vector<int> shares;  // in MiB, from the last to the next that is read
    UsageWatch watch(guest.link, guest.limits, [&](int, const std::string& path) {
        if (path == "1/status") return line("RssAnon", 100);  // with what it has in common with others
        REQUIRE(path == "1/smaps_rollup");
        REQUIRE_FALSE(shares.empty());
        const int share = shares.back();
        shares.pop_back();
        return line("Pss_Anon", share);
    });
    for (const auto& once : {std::vector{30, 100}, std::vector{40}}) {
        shares = once;
        CHECK_FALSE(watch.memory_exceeded());
        CHECK(shares.empty());
    }
    CHECK(watch.peak_bytes() == 40 * mebibyte);  // what was not there is no peak
    shares = {90, 100};
    CHECK(watch.memory_exceeded());
    CHECK(watch.peak_bytes() == 90 * mebibyte);
}

TEST_CASE("usage watch: of two that have their memory in common one ends while it is read, and the other goes on") {
    const PolledGuest guest({"1", "2"});
    bool has_second = true;
    UsageWatch watch(guest.link, guest.limits, [&](int, const std::string& path) {
        if (path == "2/smaps_rollup") has_second = false;  // it had a status yet, and is counted whole
        if (path.starts_with("2/") && !has_second) return std::string();
        return path.ends_with("status") ? line("RssAnon", 60) : line("Pss_Anon", has_second ? 30 : 60);
    });
    CHECK_FALSE(watch.memory_exceeded());
    CHECK_FALSE(has_second);
    CHECK(watch.peak_bytes() == 60 * mebibyte);
}
