// tests/sandbox/lent_folder_test.cpp: A folder that the launcher lends goes with its borrower, however that ends.
#include "sandbox/lent_folder.h"

#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "sandbox/launch.h"
#include "sandbox/launcher/guest_folder.h"
#include "tests/support/child.h"
#include "tests/support/host_state.h"
#include "tests/support/sandbox_house.h"

using namespace heddle::test;
using namespace heddle::sandbox;
namespace fs = std::filesystem;

namespace {

bool is_gone_soon(const fs::path& path) {
    for (int i = 0; i < 500 && fs::exists(path); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return !fs::exists(path);
}

// Borrows in a process of its own, puts something in, and stays; tells the launcher's number.
struct Borrower {
    TempFolder place;
    heddle::test::Child child{[this](heddle::test::Child::Report report) {
        const Launch own = launch({});
        const LentFolder lent = borrow_folder(own.socket.get());
        fs::create_directories(lent.path / "a/b");
        std::ofstream(place.path() / "where") << lent.path.native() << std::flush;
        report(children_of(::getpid()).back());
        for (;;) ::pause();
    }};
    pid_t launcher = static_cast<pid_t>(child.next());

    fs::path lent() const {
        std::ifstream in(place.path() / "where");
        return std::string(std::istreambuf_iterator<char>(in), {});
    }
};

}  // namespace

TEST_CASE("lent_folder: it is removed with all in it when it is given back, and another one is not") {
    const Launch launcher = launch({});
    LentFolder kept = borrow_folder(launcher.socket.get());
    fs::path gone;
    {
        const LentFolder lent = borrow_folder(launcher.socket.get());
        gone = lent.path;
        std::ofstream(gone / "file") << "x";
    }
    CHECK(is_gone_soon(gone));
    CHECK(fs::exists(kept.path));
}

TEST_CASE("lent_folder: it is removed when its borrower is killed") {
    Borrower borrower;
    REQUIRE(borrower.launcher > 0);
    const fs::path lent = borrower.lent();
    REQUIRE(fs::exists(lent / "a/b"));
    borrower.child.kill();
    CHECK(is_gone_soon(lent));
}

TEST_CASE("lent_folder: while one of both lives it is not swept away, and after the death of both it is") {
    Borrower borrower;
    REQUIRE(borrower.launcher > 0);
    const fs::path lent = borrower.lent();
    ::kill(borrower.launcher, SIGKILL);
    GuestFolder::sweep();
    CHECK(fs::exists(lent / "a/b"));
    borrower.child.kill();
    GuestFolder::sweep();
    CHECK_FALSE(fs::exists(lent));
}

TEST_CASE("lent_folder: which guests there are is told, and whose a copy has to be") {
    if (no_sandbox_here()) return;
    const Launch launcher = launch({});
    const GuestKind kind = ask_kind(launcher.socket.get());
    CHECK(kind.tier == Tier::a);
    CHECK_FALSE(kind.owner);
}
