// tests/runtime/approval_test.cpp: A question at a terminal is answered by what is typed after it, and by nothing else.
#include "runtime/cli/approval.h"

#include <doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <string>
#include <thread>

#include "tests/support/child.h"

using heddle::test::Child;

namespace {

// A terminal whose inner end is standard input and error of a child that asks. `type` gets the outer end when the
// question is there, and what of it was shown.
struct Asked {
    int answer = -1;
    std::string shown;
};

Asked ask(const std::string& before, const std::function<void(int)>& type, bool stops = false) {
    const int outer = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    REQUIRE(outer >= 0);
    REQUIRE(::grantpt(outer) == 0);
    REQUIRE(::unlockpt(outer) == 0);
    const int inner = ::open(::ptsname(outer), O_RDWR | O_NOCTTY);
    REQUIRE(inner >= 0);
    REQUIRE(::write(outer, before.data(), before.size()) == static_cast<ssize_t>(before.size()));
    Child child([&](const Child::Report& report) {
        ::dup2(inner, 0);
        ::dup2(inner, 2);
        std::stop_source stop;
        std::jthread stopper([&] {
            if (!stops) return;
            std::this_thread::sleep_for(std::chrono::milliseconds(200));
            stop.request_stop();
        });
        report(static_cast<int>(heddle::ask_on_terminal("allow x\n\x1b[2J? [y/N]", stop.get_token())));
    });
    ::close(inner);
    Asked asked;
    std::array<char, 1000> bytes{};
    while (asked.shown.find("[y/N] ") == std::string::npos) {
        pollfd ready{outer, POLLIN, 0};
        if (::poll(&ready, 1, 5000) != 1) break;
        const ssize_t count = ::read(outer, bytes.data(), bytes.size());
        if (count <= 0) break;
        asked.shown.append(bytes.data(), static_cast<std::size_t>(count));
    }
    type(outer);
    asked.answer = static_cast<int>(child.next());
    child.wait();
    ::close(outer);
    return asked;
}

std::function<void(int)> typing(const std::string& text) {
    return [text](int to) { CHECK(::write(to, text.data(), text.size()) == static_cast<ssize_t>(text.size())); };
}

}  // namespace

TEST_CASE("approval: only y and yes allow once, a and always for good, and the question is one line") {
    const Asked asked = ask("", typing("y\n"));
    CHECK(asked.answer == 1);
    CHECK(asked.shown.find("heddle: allow x\\n\\x1b[2J? [y/N] ") != std::string::npos);
    CHECK(ask("", typing("yes\n")).answer == 1);
    for (const char* text : {"a\n", "always\n"}) CHECK(ask("", typing(text)).answer == 2);
    for (const char* text : {"\n", "n\n", "Y es\n", "yy\n", "y y\n", "\x04"}) CHECK(ask("", typing(text)).answer == 0);
}

TEST_CASE("approval: what was typed before the question is no answer") {
    CHECK(ask("y\ny\n", typing("n\n")).answer == 0);
    CHECK(ask("n\n", typing("y\n")).answer == 1);
}

TEST_CASE("approval: a request to stop ends the question with a no") {
    CHECK(ask(
              "", [](int) {}, true)
              .answer == 0);
}
