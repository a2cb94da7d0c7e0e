// tests/tools/read_file_test.cpp: Lines of a file, and all that lies in a workspace and is none.
#include "tools/read_file.h"

#include <doctest.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/temp_folder.h"

namespace fs = std::filesystem;
using heddle::tools::LineRange;

namespace {

heddle::tools::ToolResult read_from(const fs::path& root, const std::string& path, const LineRange& range,
                                    std::stop_token stop = {}, const std::vector<std::string>& hide = {}) {
    const heddle::sandbox::Fd folder(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    heddle::sandbox::Policy policy;
    policy.workspace = root;
    policy.hide = hide;
    return heddle::tools::read_lines(heddle::tools::Workspace(policy, folder), path, range, stop);
}

struct Workspace {
    heddle::test::TempFolder temp;
    fs::path root = temp.path() / "work";

    Workspace() { fs::create_directories(root / "src"); }
    void write(const std::string& name, const std::string& bytes) const {
        std::ofstream(root / name, std::ios::binary) << bytes;
    }
    std::string read(const std::string& path, LineRange range = {}) const { return read_from(root, path, range).text; }
};

std::string numbered(int first, int last, int of) {
    std::string text;
    for (int i = first; i <= last; ++i) text += fmt::format("{}\tline {}\n", i, i);
    return text + fmt::format("[lines {}-{} of {}]", first, last, of);
}

}  // namespace

TEST_CASE("read_file: lines come numbered, with the range and the count below") {
    const Workspace workspace;
    const struct {
        const char* name;
        std::string bytes, text;
    } cases[] = {
        {"plain", "one\ntwo\nthree\n", "1\tone\n2\ttwo\n3\tthree\n[lines 1-3 of 3]"},
        {"no_final_newline", "one\ntwo", "1\tone\n2\ttwo\n[lines 1-2 of 2]"},
        {"empty", "", "[empty file]"},
        {"one_newline", "\n", "1\t\n[lines 1-1 of 1]"},
        {"blank_lines", "\n\na\n\n", "1\t\n2\t\n3\ta\n4\t\n[lines 1-4 of 4]"},
        {"crlf", "one\r\ntwo\r\n", "1\tone\n2\ttwo\n[lines 1-2 of 2]"},
        {"bare_cr", "a\rb\n\r", "1\ta\\x0db\n2\t\\x0d\n[lines 1-2 of 2]"},
        {"utf8", "Grüße 😀\n", "1\tGrüße 😀\n[lines 1-1 of 1]"},
        {"latin1",
         "Gr\xfc\xdf"
         "e\n",
         "1\tGr\xef\xbf\xbd\xef\xbf\xbd"
         "e\n[lines 1-1 of 1]"},
        {"escapes", "\x1b]0;title\x07\n", "1\t\\x1b]0;title\\x07\n[lines 1-1 of 1]"},
        {"tabs", "a\tb\n", "1\ta\tb\n[lines 1-1 of 1]"},
        {"forged", "[lines 1-9 of 9]", "1\t[lines 1-9 of 9]\n[lines 1-1 of 1]"},
    };
    for (const auto& one : cases) {
        INFO(one.name);
        workspace.write(one.name, one.bytes);
        CHECK(workspace.read(one.name) == one.text);
        CHECK(read_from(workspace.root, one.name, {}).ok);
    }
}

TEST_CASE("read_file: a range is 1-based and inclusive, clipped at the end, 200 lines unless told") {
    const Workspace workspace;
    std::string bytes;
    for (int i = 1; i <= 450; ++i) bytes += fmt::format("line {}\n", i);
    workspace.write("f", bytes);
    CHECK(workspace.read("f") == numbered(1, 200, 450));
    CHECK(workspace.read("f", {2, 3}) == numbered(2, 3, 450));
    CHECK(workspace.read("f", {450, 450}) == numbered(450, 450, 450));
    CHECK(workspace.read("f", {300, {}}) == numbered(300, 450, 450));
    CHECK(workspace.read("f", {101, {}}) == numbered(101, 300, 450));
    CHECK(workspace.read("f", {440, INT64_MAX}) == numbered(440, 450, 450));
    CHECK(workspace.read("f", {451, {}}) == "[error: first line 451 is beyond the end, the file has 450 lines]");
    CHECK(workspace.read("f", {INT64_MAX, {}}) ==
          "[error: first line 9223372036854775807 is beyond the end, the file has 450 lines]");
    CHECK(workspace.read("f", {0, {}}) == "[error: first line 0 is not a line, the first is 1]");
    CHECK(workspace.read("f", {INT64_MIN, {}}).rfind("[error: first line -9223372036854775808 is not", 0) == 0);
    CHECK(workspace.read("f", {5, 4}) == "[error: last line 4 is before first line 5]");
    workspace.write("one", "a");
    CHECK(workspace.read("one", {2, {}}) == "[error: first line 2 is beyond the end, the file has 1 line]");
    CHECK(!read_from(workspace.root, "one", {2, {}}).ok);
}

TEST_CASE("read_file: what is no text file in the folder is named as what it is") {
    const Workspace workspace;
    workspace.write("a.png", std::string("\x89PNG\r\n\0\0", 8) + std::string(1226, 'x'));
    workspace.write("late_nul", std::string(300'000, 'x') + std::string(1, '\0'));
    REQUIRE(::mkfifo((workspace.root / "pipe").c_str(), 0600) == 0);
    fs::create_symlink("loop", workspace.root / "loop");
    CHECK(workspace.read("a.png") == "[error: not a text file: a.png (1234 bytes)]");
    CHECK(workspace.read("late_nul") == "[error: not a text file: late_nul (300001 bytes)]");
    CHECK(workspace.read("notes.txt") == "[error: no such file: notes.txt]");
    CHECK(workspace.read("") == "[error: no such file: ]");
    CHECK(workspace.read("a.png/x") == "[error: no such file: a.png/x]");
    CHECK(workspace.read(std::string("a.png\0.txt", 10)) == "[error: no such file: a.png\\x00.txt]");
    CHECK(workspace.read("src") == "[error: not a file: src]");
    CHECK(workspace.read(".") == "[error: not a file: .]");
    CHECK(workspace.read("pipe") == "[error: not a file: pipe]");  // and does not wait for a writer
    CHECK(workspace.read("loop") == "[error: cannot open loop: Too many levels of symbolic links]");
    CHECK(workspace.read(std::string(5000, 'n')).size() < 400);
    CHECK(workspace.read("a\x1b[2J\nb") == "[error: no such file: a\\x1b[2J\\nb]");
}

TEST_CASE("read_file: a socket is no file") {
    const Workspace workspace;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = workspace.root / "socket";
    REQUIRE(path.size() < sizeof address.sun_path);
    path.copy(address.sun_path, path.size());
    const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    CHECK(workspace.read("socket") == "[error: not a file: socket]");
    ::close(listener);
}

TEST_CASE("read_file: no path leads out of the folder") {
    const Workspace workspace;
    std::ofstream(workspace.temp.path() / "secret") << "secret\n";
    std::ofstream(workspace.temp.path() / "work2") << "secret\n";
    const std::string outside = workspace.temp.path() / "secret";
    fs::create_symlink("../secret", workspace.root / "relative_link");
    fs::create_symlink(outside, workspace.root / "absolute_link");
    fs::create_symlink("..", workspace.root / "src" / "up");
    fs::create_symlink("/", workspace.root / "root");
    fs::create_symlink("/proc/self/root/etc", workspace.root / "magic");
    for (const std::string& path :
         {std::string("../secret"), outside, std::string("relative_link"), std::string("absolute_link"),
          std::string("src/../../secret"), std::string("src/up/../secret"), std::string("root/etc/passwd"),
          std::string("magic/passwd"), std::string("/etc/passwd"), std::string("/proc/self/environ"),
          workspace.root.string() + "/../secret", workspace.root.string() + "2", std::string("./../secret")}) {
        INFO(path);
        const auto result = read_from(workspace.root, path, {});
        CHECK(!result.ok);
        CHECK(result.text == "[error: outside the folder: " + path + "]");
    }
}

TEST_CASE("read_file: a path that stays in the folder is fine, however it is spelled") {
    const Workspace workspace;
    workspace.write("src/a", "inside\n");
    fs::create_symlink("src/a", workspace.root / "link");
    fs::create_symlink(workspace.root, workspace.temp.path() / "alias");
    const std::string text = "1\tinside\n[lines 1-1 of 1]";
    for (const std::string path : {"src/a", "./src/a", "src/../src//a", "src/./a", "link"}) {
        CHECK(workspace.read(path) == text);
        CHECK(workspace.read(workspace.root.string() + "/" + path) == text);
        CHECK(read_from(workspace.root.string() + "/", workspace.root.string() + "//" + path, {}).text == text);
        CHECK(read_from(workspace.temp.path() / "alias", workspace.root.string() + "/" + path, {}).text == text);
    }
    CHECK(workspace.read(workspace.root) == "[error: not a file: " + workspace.root.string() + "]");
}

TEST_CASE("read_file: what the policy hides is not read, by whatever name, and is said to be hidden") {
    const Workspace workspace;
    fs::create_directories(workspace.root / "deploy/deep");
    for (const char* name : {".env", "deploy/deep/key", "open"}) std::ofstream(workspace.root / name) << "text\n";
    fs::create_symlink("deploy", workspace.root / "way");
    fs::create_symlink(".env", workspace.root / "link");
    const std::vector<std::string> hide{"**/.env", "deploy/", (workspace.root / "absolute").string()};
    std::ofstream(workspace.root / "absolute") << "text\n";
    for (const char* name : {".env", "link", "deploy/deep/key", "way/deep/key", "./deploy/../.env", "absolute"})
        CHECK(read_from(workspace.root, name, {}, {}, hide).text ==
              "[error: hidden by policy, not missing: " + std::string(name) + "]");
    CHECK(read_from(workspace.root, "open", {}, {}, hide).ok);
}

TEST_CASE("read_file: a folder that turns into a link and back never leads out") {
    const Workspace workspace;
    fs::create_directories(workspace.temp.path() / "elsewhere");
    std::ofstream(workspace.temp.path() / "elsewhere" / "f") << "SECRET\n";
    fs::create_directories(workspace.root / "d");
    workspace.write("d/f", "inside\n");
    fs::create_symlink("../elsewhere", workspace.root / "l");
    std::atomic<bool> done = false;
    std::thread racer([&] {
        const std::string d = workspace.root / "d", l = workspace.root / "l", e = workspace.root / "e";
        while (!done) {
            for (const auto& [from, to] : {std::pair{d, e}, {l, d}, {d, l}, {e, d}}) {
                if (::rename(from.c_str(), to.c_str()) != 0) done = true;
            }
        }
    });
    int inside = 0, refused = 0;
    for (int i = 0; i < 20'000; ++i) {
        const std::string text = workspace.read(i % 2 ? "d/f" : "d/../d/f");
        inside += text == "1\tinside\n[lines 1-1 of 1]";
        refused += text.rfind("[error: ", 0) == 0;
    }
    CHECK(!done);  // the racer has raced to the end
    done = true;
    racer.join();
    CHECK(inside + refused == 20'000);
    CHECK(inside > 0);
    CHECK(refused > 0);
}

TEST_CASE("read_file: a long line shows its first 1000 bytes and says how many more there are") {
    const Workspace workspace;
    const std::string k(1000, 'k');
    workspace.write("exact", k + "\r\n" + k + "\n" + k);
    CHECK(workspace.read("exact") == "1\t" + k + "\n2\t" + k + "\n3\t" + k + "\n[lines 1-3 of 3]");
    workspace.write("longer", k + "x\nend\n");
    CHECK(workspace.read("longer") == "1\t" + k + " [... 1 bytes]\n2\tend\n[lines 1-2 of 2]");
    workspace.write("character", std::string(999, 'k') + "ü\n");
    CHECK(workspace.read("character") == "1\t" + std::string(999, 'k') + " [... 2 bytes]\n[lines 1-1 of 1]");
    workspace.write("huge", std::string(3'000'000, 'k'));
    CHECK(workspace.read("huge") == "1\t" + k + " [... 2999000 bytes]\n[lines 1-1 of 1]");
}

TEST_CASE("read_file: a text of many long lines keeps its ends, and the last line tells the range") {
    const Workspace workspace;
    std::string bytes;
    for (int i = 0; i < 100; ++i) bytes += std::string(900, 'a') + "\n";
    workspace.write("f", bytes);
    const std::string text = workspace.read("f");
    CHECK(text.size() < 16'100);
    CHECK(text.find(" bytes left out ...]\n") != std::string::npos);
    CHECK(text.ends_with("a\n[lines 1-100 of 100]"));
}

TEST_CASE("read_file: a file of any size is read in bounded memory and time") {
    const Workspace workspace;
    {
        std::ofstream out(workspace.root / "big", std::ios::binary);
        std::string block;
        while (block.size() < (1 << 20)) block += "0123456789abcde\n";
        for (int i = 0; i < 80; ++i) out << block;
    }
    rusage before{}, after{};
    ::getrusage(RUSAGE_SELF, &before);
    const std::string text = workspace.read("big", {1, INT64_MAX});
    const std::string beyond = workspace.read("big", {100'000'000, {}});
    ::getrusage(RUSAGE_SELF, &after);
    CHECK(text.size() < 16'100);
    CHECK(text.ends_with("[lines 1-4194304 of more than 4194304]"));
    CHECK(beyond ==
          "[error: first line 100000000 is beyond the first 67108864 bytes, 4194304 lines; use bash for such a file]");
    CHECK(after.ru_maxrss - before.ru_maxrss < 16 * 1024);  // KiB

    std::ofstream(workspace.root / "sparse") << "text\n";
    fs::resize_file(workspace.root / "sparse", 1ull << 40);
    CHECK(workspace.read("sparse") == "[error: not a text file: sparse (1099511627776 bytes)]");
}

TEST_CASE("read_file: a stop ends the reading, a lost workspace ends the task") {
    const Workspace workspace;
    workspace.write("f", "a\n");
    std::stop_source stop;
    stop.request_stop();
    CHECK(read_from(workspace.root, "f", {}, stop.get_token()).text == "[cancelled]");
}
