// tests/sandbox/changes/diff_test.cpp: What a diff lists, over real overlays and over upper layers made by hand.
#include "sandbox/changes/diff.h"

#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/xattr.h>

#include <atomic>
#include <thread>

#include "sandbox/changes/describe.h"
#include "sandbox/error.h"
#include "tests/sandbox/changes/overlay_house.h"

using namespace heddle::test;
using namespace heddle::sandbox::changes;
namespace fs = std::filesystem;

namespace {

const Change* find(const std::vector<Change>& all, const std::string& path) {
    for (const auto& change : all)
        if (change.path == path) return &change;
    return nullptr;
}

// An upper layer without a kernel that vouches for it.
struct ByHand {
    TempFolder folder;
    ByHand() {
        fs::create_directory(folder.path() / "upper");
        fs::create_directory(folder.path() / "lower");
    }
    fs::path up(const std::string& name) const { return folder.path() / "upper" / name; }
    fs::path low(const std::string& name) const { return folder.path() / "lower" / name; }
    void write(const fs::path& path, const std::string& text) const {
        fs::create_directories(path.parent_path());
        std::ofstream(path) << text;
    }
    std::vector<Change> diff(const DiffOptions& options = {}) const {
        return heddle::sandbox::changes::diff(OverlayHouse::open(up("")), OverlayHouse::open(low("")), options);
    }
};

}  // namespace

TEST_CASE("diff: what a guest did is listed once each, in byte order, with either kind of marks") {
    for (const Marks marks : {Marks::user, Marks::trusted}) {
        OverlayHouse house(marks);
        if (house.missing()) return;
        house.write("gone", "1");
        house.write("same", "1");
        house.write("edited", "1");
        house.write("mode", "1");
        house.write("to_folder", "1");
        house.write("tree/a", "1");
        house.write("tree/sub/b", "1");
        house.write("again/old", "1");
        house.write("again/kept", "1");
        house.write("again/sub/old", "1");
        house.write("again/sub/kept", "1");
        house.write("to_file/x", "1");
        house.write("moved", "1");
        CHECK(house.diff().empty());
        CHECK(house.guest(
            "rm gone; echo 2 > edited; chmod 755 mode; rm to_folder; mkdir to_folder; echo 1 > to_folder/n;"
            "rm -r tree; rm -r again; mkdir again; printf 1 > again/kept; echo n > again/new; mkdir again/sub; printf "
            "1 > again/sub/kept;"
            "rm -r to_file; echo f > to_file; mv moved tree-moved; mkdir -p new/deep; ln -s ../edited new/l;"
            "printf 1 > same"));
        CHECK(describe(house.diff()) ==
              "A again/new\nD again/old\nD again/sub/old\nM edited\nD gone\nM mode (mode 644 -> 755)\nD moved\nA "
              "new/\nA new/deep/\n"
              "A new/l\nT to_file\nD to_file/x\nT to_folder/\nA to_folder/n\nD tree/ (and 3 in it)\nA tree-moved\n");
    }
}

TEST_CASE("diff: a file that was copied up, or changed and changed back, is no change") {
    OverlayHouse house;
    if (house.missing()) return;
    house.write("a", "text");
    fs::create_symlink("a", house.host() / "l");
    CHECK(
        house.guest("touch a; chmod 600 a; chmod 644 a; echo more > a; printf text > a; touch -h l; mkdir d; rmdir d"));
    CHECK(house.diff().empty());
    CHECK(house.guest("printf tex_ > a"));
    CHECK(house.diff().size() == 1);
}

TEST_CASE("diff: a guest's own marks are not overlayfs's, neither as it writes them nor in the other namespace") {
    for (const Marks marks : {Marks::user, Marks::trusted}) {
        OverlayHouse house(marks);
        if (house.missing()) return;
        house.write("d/kept", "1");
        CHECK(
            house.guest("touch d/new; python3 -c \"import os; os.setxattr('d', 'user.overlay.opaque', b'y');"
                        "os.setxattr('d/new', 'user.overlay.whiteout', b'y')\""));
        CHECK(describe(house.diff()) == "A d/new\n");
        CHECK(!house.guest("mknod d/kept2 c 0 0 2>/dev/null"));
    }
}

TEST_CASE("diff: a forged whiteout only ever deletes below the workspace, and nothing where there is nothing") {
    const ByHand hand;
    hand.write(hand.low("a/b"), "1");
    hand.write(hand.low("x/kept"), "1");
    hand.write(hand.low("x/gone"), "1");
    REQUIRE(::mknod(hand.up("a").c_str(), S_IFCHR, makedev(0, 0)) == 0);
    CHECK(::mknod(hand.up("none").c_str(), S_IFCHR, makedev(0, 0)) == 0);
    fs::create_directory(hand.up("x"));
    hand.write(hand.up("x/gone"), "");
    // Whiteouts by attribute count in a folder that says so, and nowhere else.
    CHECK(::setxattr(hand.up("x/gone").c_str(), "user.overlay.whiteout", "y", 1, 0) == 0);
    CHECK(describe(hand.diff()) == "D a/ (and 1 in it)\nM x/gone\n");
    CHECK(::setxattr(hand.up("x").c_str(), "user.overlay.opaque", "x", 1, 0) == 0);
    CHECK(describe(hand.diff()) == "D a/ (and 1 in it)\nD x/gone\n");
    CHECK(::setxattr(hand.up("x").c_str(), "user.overlay.opaque", "y", 1, 0) == 0);
    CHECK(describe(hand.diff()) == "D a/ (and 1 in it)\nM x/gone\nD x/kept\n");
}

TEST_CASE("diff: fifos, sockets and devices are refused and never waited for") {
    const ByHand hand;
    hand.write(hand.low("main.c"), "int main;");
    CHECK(::mkfifo(hand.up("main.c").c_str(), 0600) == 0);
    CHECK(::mkfifo(hand.up("fifo").c_str(), 0600) == 0);
    const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = hand.up("socket");
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    CHECK(::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    ::close(socket);
    hand.write(hand.up("plain"), "1");
    CHECK(describe(hand.diff()) ==
          "! fifo (no file, folder or link)\n! main.c (no file, folder or link)\n! socket (no file, folder or link)\n"
          "A plain\n");
}

TEST_CASE("diff: a link that leaves the tree is refused, one that stays is not") {
    const ByHand hand;
    fs::create_directories(hand.up("d"));
    fs::create_symlink("/etc/passwd", hand.up("absolute"));
    fs::create_symlink("../../x", hand.up("d/out"));
    fs::create_symlink("../x", hand.up("d/in"));
    const auto changes = hand.diff();
    CHECK(find(changes, "absolute")->refusal == "link to the absolute path /etc/passwd");
    CHECK(find(changes, "d/out")->refusal == "link that leaves the workspace: ../../x");
    CHECK(find(changes, "d/in")->refusal == "");
}

TEST_CASE("diff: a file beyond the limit is refused without being read, however empty") {
    const ByHand hand;
    hand.write(hand.up("small"), "1");
    hand.write(hand.up("huge"), "");
    hand.write(hand.low("huge"), "");
    fs::resize_file(hand.up("huge"), 1ull << 40);
    fs::resize_file(hand.low("huge"), 1ull << 40);
    CHECK(describe(hand.diff()) == "! huge (larger than a file may be)\nA small\n");
}

TEST_CASE("diff: folders without end are refused, and the walk ends") {
    const ByHand hand;
    fs::create_directory(hand.up("d"));
    int at = ::open(hand.up("d").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int depth = 0; depth < 400; ++depth) {
        REQUIRE(::mkdirat(at, "d", 0755) == 0);
        const int next = ::openat(at, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        ::close(at);
        at = next;
    }
    ::close(at);
    const auto changes = hand.diff();
    REQUIRE(changes.size() == static_cast<std::size_t>(depth_max));
    CHECK(changes.back().refusal == "folders nested too deep to look at");
    CHECK(changes[5].refusal == "");
    // The standard library cannot remove it either.
    rollback(OverlayHouse::open(hand.up("")), OverlayHouse::open(hand.low("")));
    CHECK(fs::is_empty(hand.up("")));
}

TEST_CASE("diff: a folder that turns into a link while the walk runs leads nowhere") {
    const ByHand hand;
    fs::create_directories(hand.folder.path() / "outside/secret");
    hand.write(hand.folder.path() / "outside/canary", "1");
    hand.write(hand.up("d/in"), "1");
    std::atomic<bool> stop = false;
    std::thread racer([&] {
        const fs::path d = hand.up("d"), e = hand.folder.path() / "e";
        while (!stop) {
            fs::rename(d, e);
            fs::create_directory_symlink(hand.folder.path() / "outside", d);
            fs::remove(d);
            fs::rename(e, d);
        }
    });
    for (int round = 0; round < 2000; ++round) {
        try {
            for (const auto& change : hand.diff())
                if (change.path != "d" && change.path != "d/in") FAIL_CHECK("walked to ", change.path);
        } catch (const heddle::sandbox::Error&) {
            // The folder was gone at that moment.
        }
    }
    stop = true;
    racer.join();
}

TEST_CASE(
    "diff: a folder that git would take for a repository under another name is refused, its parts alone are not") {
    const ByHand hand;
    for (const char* name : {"fixture/HEAD", "fixture/config", "fixture/src/x"}) hand.write(hand.up(name), "1");
    CHECK(describe(hand.diff()) == "A fixture/\nA fixture/HEAD\nA fixture/config\nA fixture/src/\nA fixture/src/x\n");
    for (const char* name : {"fixture/objects/x", "fixture/refs/x"}) hand.write(hand.up(name), "1");
    const auto changes = hand.diff();
    for (const char* name : {"fixture/HEAD", "fixture/config", "fixture/objects", "fixture/objects/x", "fixture/refs"})
        CHECK(find(changes, name)->refusal != "");
    CHECK(find(changes, "fixture/src/x")->refusal == "");
}

TEST_CASE("diff: a repository that was removed and made anew is one that was replaced") {
    OverlayHouse house;
    if (house.missing()) return;
    house.write(".git/HEAD", "ref: refs/heads/main\n");
    house.write(".git/refs/heads/main", "1");
    CHECK(house.guest("rm -r .git; mkdir -p .git/refs; printf 'ref: refs/heads/evil\n' > .git/HEAD; echo > ok"));
    const auto changes = house.diff();
    CHECK(find(changes, ".git")->refusal == "protected: git repository replaced");
    for (const char* name : {".git/HEAD", ".git/refs/heads", ".git/refs/heads/main"}) {
        INFO(std::string(name));
        REQUIRE(find(changes, name) != nullptr);
        CHECK(find(changes, name)->refusal != "");
    }
    CHECK(find(changes, "ok")->refusal == "");
}
