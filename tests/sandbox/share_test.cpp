// tests/sandbox/share_test.cpp: What a policy may share, and how a guest sees and writes it.
#include "sandbox/share.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>

#include "sandbox/error.h"
#include "tests/support/sandbox_house.h"

namespace fs = std::filesystem;
using namespace heddle::sandbox;
using namespace heddle::test;

namespace {

struct Shared : Workspace {
    Shared() {
        std::ofstream(outside.path() / "file") << "text\n";
        fs::create_directory(outside.path() / "folder");
        std::ofstream(outside.path() / "folder/below") << "below\n";
    }
    std::string read_outside(const std::string& name) const {
        std::ifstream in(outside.path() / name);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    TempFolder outside;
};

std::string refused(const Policy& policy) {
    try {
        (void)find_shares(policy);
        return "";
    } catch (const Error& error) {
        return error.what();
    }
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("share: what hands out the host, or is missing, is refused by its name") {
    const TempFolder home;
    const Workspace workspace;
    const char* before = std::getenv("HOME");
    const std::string kept = before == nullptr ? "" : before;
    ::setenv("HOME", home.path().c_str(), 1);
    Policy policy = workspace.policy;
    for (const fs::path& path :
         {fs::path("/"), fs::path("/proc/self"), fs::path("/sys"), fs::path("/dev"), fs::path("/run"),
          fs::path("/run/x/.."), fs::path("/etc"), fs::path("/etc/passwd"), fs::path("/tmp"), fs::path("/var"),
          home.path(), home.path() / "", fs::path("/root"), fs::path("/home/guest")}) {
        INFO(path.native());
        policy.read = {path};
        CHECK(refused(policy) != "");
        policy.read = {};
        policy.write = {path};
        CHECK(refused(policy) != "");
        policy.write = {};
    }
    policy.read = {home.path() / "none"};
    CHECK(has(refused(policy), home.path() / "none: No such file or directory"));
    fs::create_directory(home.path() / "some");
    policy.read = {home.path() / "some"};
    CHECK(refused(policy) == "");
    fs::create_symlink("/run", home.path() / "link");
    policy.read = {home.path() / "link"};
    CHECK(has(refused(policy), "it is or holds /run"));
    ::setenv("HOME", kept.c_str(), 1);
}

TEST_CASE("share: a socket is refused, and what is seen anyway needs no mount") {
    const Shared shared;
    Policy policy = shared.policy;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    (shared.outside.path() / "socket").native().copy(address.sun_path, sizeof address.sun_path - 1);
    const int server = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(::bind(server, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    policy.read = {shared.outside.path() / "socket"};
    CHECK(has(refused(policy), "neither a file nor a folder"));
    ::close(server);
    policy.read = {"/usr", "/usr/bin", shared.path(), shared.path() / "x"};
    CHECK(find_shares(policy).empty());
    policy.write = {shared.path() / "x"};
    CHECK(has(refused(policy), "lies in the workspace"));
}

TEST_CASE("share: a path through a link that a guest can turn is refused") {
    const Shared shared;
    fs::create_symlink(shared.outside.path(), shared.path() / "link");
    fs::create_symlink(shared.path() / "link", shared.outside.path() / "back");
    Policy policy = shared.policy;
    policy.read = {shared.outside.path() / "back/folder"};
    CHECK(has(refused(policy), "it leads through"));
    policy.read = {shared.outside.path() / "folder"};
    CHECK(find_shares(policy).size() == 1);
}

TEST_CASE("share: a folder and a file to read appear at their paths, whoever owns them, and are not written") {
    if (no_sandbox_here()) return;
    Shared shared;
    shared.policy.read = {shared.outside.path() / "folder", shared.outside.path() / "file"};
    fs::permissions(shared.outside.path() / "folder", fs::perms::owner_all);
    fs::permissions(shared.outside.path() / "file", fs::perms::owner_read | fs::perms::owner_write);
    std::ofstream(shared.outside.path() / "unlisted") << "secret\n";
    const std::string out = shared.outside.path();
    for (const auto mode : {WorkspaceMode::direct, WorkspaceMode::ro, WorkspaceMode::cow, WorkspaceMode::copy}) {
        shared.policy.mode = mode;
        const Result result =
            shared.bash("cd " + out +
                        "; cat folder/below file; ls; for f in file folder/new folder/below; do (echo evil >>$f) "
                        "2>/dev/null && echo wrote; done; rm -f folder/below 2>/dev/null; chmod 777 folder 2>/dev/null "
                        "|| echo end");
        CHECK(exited(result));
        CHECK(result.out.text() == "below\ntext\nfile\nfolder\nend\n");
    }
    CHECK(shared.read_outside("folder/below") == "below\n");
    CHECK(shared.read_outside("file") == "text\n");
}

TEST_CASE("share: a folder to write is written, by the guest as its owner, and nothing beside it") {
    if (no_sandbox_here()) return;
    Shared shared;
    shared.policy.mode = WorkspaceMode::ro;
    shared.policy.write = {shared.outside.path() / "folder"};
    if (::getuid() == 0) REQUIRE(::chown((shared.outside.path() / "folder").c_str(), 4242, 4242) == 0);
    const std::string out = shared.outside.path();
    const Result result = shared.bash("cd " + out +
                                      "; echo new >folder/new; mkdir folder/inner; echo x 2>/dev/null >beside; "
                                      "(echo x >$OLDPWD/y) 2>/dev/null || echo ro");
    CHECK(exited(result));
    CHECK(result.out.text() == "ro\n");
    CHECK(shared.read_outside("folder/new") == "new\n");
    CHECK_FALSE(fs::exists(shared.outside.path() / "beside"));
    struct stat made {
    }, folder{};
    REQUIRE(::stat((shared.outside.path() / "folder/new").c_str(), &made) == 0);
    REQUIRE(::stat((shared.outside.path() / "folder").c_str(), &folder) == 0);
    CHECK(made.st_uid == folder.st_uid);
    for (const auto mode : {WorkspaceMode::cow, WorkspaceMode::copy}) {
        shared.policy.mode = mode;
        CHECK(has(refused(shared.policy), "only changes to the workspace are kept apart"));
    }
}

// Below /tmp every guest may write, as far as Landlock goes; here it may only where it is told.
TEST_CASE("share: where nothing else is writable, Landlock lets a guest write what is listed and only that") {
    if (no_sandbox_here()) return;
    std::string name = std::string(HEDDLE_BINARY_DIR) + "/share-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) {
        MESSAGE("not run: this user cannot write to the build folder");
        return;
    }
    for (const char* folder : {"written", "read"}) fs::create_directory(fs::path(name) / folder);
    std::ofstream(fs::path(name) / "file") << "old\n";
    Workspace workspace;
    workspace.policy.write = {fs::path(name) / "written", fs::path(name) / "file"};
    workspace.policy.read = {fs::path(name) / "read"};
    const Result result = workspace.bash("cd " + name +
                                         "; echo x >written/new && echo y >file && mkdir written/d && rm -r written/d; "
                                         "for f in read/new new; do (echo x >$f) 2>/dev/null && echo wrote $f; done; "
                                         "echo end");
    const bool is_written = fs::exists(fs::path(name) / "written/new"), is_kept = fs::is_empty(fs::path(name) / "read");
    std::ifstream file(fs::path(name) / "file");
    const std::string text(std::istreambuf_iterator<char>(file), {});
    fs::remove_all(name);
    CHECK(exited(result));
    CHECK(result.out.text() == "end\n");
    CHECK(is_written);
    CHECK(is_kept);
    CHECK(text == "y\n");
}

TEST_CASE("share: a folder that holds the workspace is read around it") {
    if (no_sandbox_here()) return;
    const TempFolder above;
    fs::create_directory(above.path() / "work");
    std::ofstream(above.path() / "beside") << "beside\n";
    Policy policy;
    policy.workspace = above.path() / "work";
    policy.read = {above.path()};
    const Result result =
        shared_sandbox().run(bash("cat ../beside; echo x >made; (echo x >../no) 2>/dev/null || echo kept"), policy);
    CHECK(exited(result));
    CHECK(result.out.text() == "beside\nkept\n");
    CHECK(fs::exists(above.path() / "work/made"));
    CHECK_FALSE(fs::exists(above.path() / "no"));
}

TEST_CASE("share: a cache stays from guest to guest, is told to its program, and leaves the home the guest's") {
    if (no_sandbox_here()) return;
    Shared shared;
    shared.policy.caches = {{"pip", shared.outside.path() / "folder"}, {"cargo", shared.outside.path() / "folder"}};
    CHECK(
        exited(shared.bash("echo kept >$PIP_CACHE_DIR/wheel; echo x >~/.cache/own; mkdir ~/.cargo/bin; "
                           "test \"$CARGO_HOME\" = ~/.cargo && echo y >~/.cargo/registry/crate")));
    CHECK(shared.read_outside("folder/wheel") == "kept\n");
    CHECK(shared.read_outside("folder/crate") == "y\n");
    const Result next = shared.bash("cat ~/.cache/pip/wheel; ls -A ~/.cache ~/.cargo");
    CHECK(next.out.text() == "kept\n/home/guest/.cache:\npip\n\n/home/guest/.cargo:\nregistry\n");
    shared.policy.caches = {{"nothing", shared.outside.path() / "folder"}};
    CHECK(has(refused(shared.policy), "no such cache"));
}
