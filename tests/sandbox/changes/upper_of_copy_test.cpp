// tests/sandbox/changes/upper_of_copy_test.cpp: What was changed in a copy is found as in an overlay, whatever a guest
// leaves there.
#include "sandbox/changes/upper_of_copy.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <vector>

#include "sandbox/changes/describe.h"
#include "tests/sandbox/changes/copy_house.h"
#include "tests/sandbox/changes/overlay_house.h"

using namespace heddle::test;
namespace fs = std::filesystem;

namespace {

using Texts = std::vector<std::string>;

void lay_out(const std::function<void(const std::string&, const std::string&)>& write, const fs::path& host) {
    for (const char* name : {"a", "b", "d/1", "d/2", "d/e/3", ".git/config", ".git/HEAD", ".git/objects/x", "run.sh"})
        write(name, std::string("of the host: ") + name + "\n");
    fs::create_symlink("a", host / "link");
    fs::permissions(host / "run.sh", fs::perms(0755));
}

Texts paths_of(const std::vector<changes::Change>& found) {
    Texts paths;
    for (const auto& change : found) paths.push_back(change.path);
    return paths;
}

}  // namespace

TEST_CASE("upper_of_copy: a copy and an overlay tell the same changes, refusals and conflicts") {
    struct {
        const char* guest;
        const char* host = "true";
    } const rows[] = {
        {"true"},
        {"touch a; chmod 755 d/e; chmod 700 d/e; chmod 755 d/e"},
        {"echo new > a; echo x > new; mkdir -p n/m; echo y > n/m/f; rm b"},
        {"rm -r d; rm link; ln -s b link; chmod 644 run.sh"},
        {"rm -r d; mkdir d; echo x > d/2"},
        {"mv d moved; mv a b"},
        {"rm -r d; echo x > d; rm a; mkdir a; echo y > a/f"},
        {"mv .git g; mkdir -p .git/hooks; echo evil > .git/config; echo evil > .git/hooks/pre-commit"},
        {"ln -s /etc/shadow s; ln -s ../../up d/up; mkfifo p; mkfifo d/e/p"},
        {"ln a hard; ln d/1 d/e/hard; echo more >> hard"},
        {"printf x > $'new\\nline'; printf x > $'\\033[31m'; printf x > $'\\xff\\xfe'; printf x > ' -rf'"},
        {"mkdir locked; echo x > locked/f; chmod 0 locked; chmod 500 d; chmod 0 run.sh"},
        {"echo guest > a; echo guest > d/1", "echo host > a"},
        {"echo guest > a; echo x > d/new", "rm a"},
        {"rm a; rm -r d", "echo host > d/1; echo host > d/added"},
        {"true", "echo host > a; rm b; echo host > added"},
        {"echo same > both", "echo host > both"},
    };
    for (const auto& row : rows) {
        INFO(row.guest, " | ", row.host);
        OverlayHouse overlay;
        if (overlay.missing()) return;
        CopyHouse copy;
        lay_out([&](const auto& name, const auto& text) { overlay.write(name, text); }, overlay.host());
        lay_out([&](const auto& name, const auto& text) { copy.write(name, text); }, copy.host());
        overlay.open_workspace();
        copy.open_workspace();
        std::ofstream(overlay.aside() / "script") << row.guest;
        CHECK(overlay.guest("bash -e " + (overlay.aside() / "script").native()));
        CHECK(copy.guest(row.guest));
        for (const auto& host : {overlay.host(), copy.host()})
            CHECK(CopyHouse::run("cd '" + host.native() + "' && " + row.host));
        const auto seen = overlay.diff();
        const auto found = copy.gather();
        CHECK(changes::describe(found) == changes::describe(seen));
        CHECK(copy.left.empty());
        const auto one = overlay.commit(seen), other = copy.commit(found);
        CHECK(other.done == one.done);
        CHECK(paths_of(other.committed) == paths_of(one.committed));
        CHECK(changes::describe(other.refused) == changes::describe(one.refused));
        CHECK(changes::describe(other.conflicts) == changes::describe(one.conflicts));
        CHECK(tree_of(copy.host()) == tree_of(overlay.host()));
    }
}

TEST_CASE("upper_of_copy: a file that was changed at the same size, with its time set back, is seen") {
    CopyHouse house;
    house.write("a", "old\n");
    house.open_workspace();
    CHECK(house.guest("touch -r a /tmp/ref.$$; echo new > a; touch -r /tmp/ref.$$ a; rm /tmp/ref.$$"));
    CHECK(paths_of(house.gather()) == Texts{"a"});
}

TEST_CASE("upper_of_copy: no mark of a guest's says more than what it did") {
    CopyHouse house;
    house.write("d/kept", "x");
    house.write("e/kept", "x");
    house.open_workspace();
    CHECK(
        house.guest("python3 -c \"import os\nos.setxattr('d', 'user.overlay.opaque', b'y'); "
                    "os.setxattr('d', 'user.overlay.redirect', b'/etc'); open('d/new', 'w')\""));
    CHECK(paths_of(house.gather()) == Texts{"d/new"});
}

TEST_CASE(
    "upper_of_copy: what had not been copied stays on the host, whatever the guest does there, and that is said") {
    CopyHouse house;
    house.write("d/1", "x");
    house.write("d/e/2", "x");
    for (const char* name : {"pipe", "d/e/pipe", "gone", "quiet"})
        REQUIRE(::mkfifo((house.host() / name).c_str(), 0600) == 0);
    house.open_workspace();
    CHECK(house.guest("test ! -e pipe; echo mine > pipe; rm -r d; echo other > new"));
    const auto found = house.gather();
    CHECK(paths_of(found) == Texts{"d/1", "d/e/2", "new"});
    REQUIRE(house.left.size() == 2);
    CHECK(house.left[0] == "pipe: the host has something there that was not in the copy; it stays");
    CHECK(house.left[1] == "d/e/pipe: the host has something there that was not in the copy; it stays");
    CHECK(house.commit(found).done);
    for (const char* name : {"pipe", "d/e/pipe", "gone", "quiet"})
        CHECK(fs::is_fifo(fs::symlink_status(house.host() / name)));
    CHECK_FALSE(fs::exists(house.host() / "d/1"));
    CHECK(house.read("new") == "other\n");
}

TEST_CASE("upper_of_copy: folders nested too deep are not entered, and what lies beside them is taken") {
    CopyHouse house;
    house.open_workspace();
    CHECK(
        house.guest("python3 -c \"import os\nopen('beside', 'w').write('x')\nfor i in range(400): os.mkdir('d'); "
                    "os.chdir('d')\""));
    const auto found = house.gather();
    REQUIRE(house.left.size() == 1);
    CHECK(house.left[0].find("folders nested too deep") != std::string::npos);
    CHECK(found.front().path == "beside");
}

TEST_CASE("upper_of_copy: a link in the place of a folder leads nowhere") {
    CopyHouse house;
    house.write("d/file", "host\n");
    fs::create_directory(house.aside() / "outside");
    std::ofstream(house.aside() / "outside/file") << "outside\n";
    house.open_workspace();
    CHECK(house.guest("mv d e; ln -s ../outside d; ln -s ../outside/file f"));
    const auto found = house.gather();
    CHECK(house.commit(found).done);
    CHECK_FALSE(fs::is_symlink(house.host() / "d"));
    CHECK_FALSE(fs::exists(fs::symlink_status(house.host() / "f")));
    std::ifstream in(house.aside() / "outside/file");
    CHECK(std::string(std::istreambuf_iterator<char>(in), {}) == "outside\n");
}
