// tests/sandbox/attacks/files.cpp: Secrets of the host, and files outside of the workspace (P01 to P08, P14 to P16).
#include <sys/stat.h>

#include "tests/sandbox/attacks/attack.h"

namespace fs = std::filesystem;

namespace heddle::test {

namespace {

using sandbox::Result;

// What a guest said must hold no canary.
Act keeps_secret(const std::string& script, const std::string& shown) {
    return [=](Range& range) {
        const Result result = range.bash(script + "; echo end");
        const std::string text = result.out.text() + result.err.text();
        const bool is_secret = text.find("canary") == text.npos && text.find("root:") == text.npos;
        return check_that(is_secret && text.find("end") != text.npos, shown, result);
    };
}

Seen make_set_id(Range& range) {
    const Result result = range.bash(
        "cp /usr/bin/id i; chmod 4755 i; chmod u+s i; install -m 4755 /usr/bin/id j; install -m 2755 /usr/bin/id k; cp "
        "--preserve=mode $(find /usr/bin -perm -4000 | head -1) s; tar cf t --mode=4755 i; rm -f i; tar xpf t");
    bool is_clean = true;
    for (const auto& entry : fs::directory_iterator(range.work())) {
        struct stat found {};
        if (::lstat(entry.path().c_str(), &found) == 0 && (found.st_mode & (S_ISUID | S_ISGID)) != 0) is_clean = false;
    }
    return check_that(is_clean && !errors_in(result.err.text()).empty(), "EPERM, no bit on the host", result);
}

std::vector<Attack> attacks_on_secrets() {
    return {
        {"P01", "read host secrets",
         keeps_secret("cat $HOST_HOME/.ssh/id_ed25519 $HOST_HOME/.netrc $HOST_HOME/.aws/* ~/.ssh/* /root/.netrc "
                      "/etc/shadow $OUTSIDE/kept; ls -R $OUTSIDE $HOST_HOME /root /home /run",
                      "not there"),
         bash("mkdir ~/.ssh; echo mine > ~/.ssh/id; cat ~/.ssh/id; head -c 4 /etc/passwd", {"mine\nroot"})},
        {"P02", "secrets in own environment",
         keeps_secret("env; printenv GITHUB_TOKEN HEDDLE_API_KEY AWS_SECRET_ACCESS_KEY", "empty"),
         bash("export TOKEN=mine; bash -c 'echo $TOKEN'", {"mine\n"})},
        {"P03", "other processes' environment",
         keeps_secret("cat /proc/*/environ /proc/1/environ /proc/*/cmdline /proc/*/task/*/environ", "only its own"),
         bash("cat /proc/self/environ | tr '\\0' '\\n' | grep -c ^PATH=", {"1\n"})},
    };
}

}  // namespace

std::vector<Attack> attacks_on_files() {
    std::vector<Attack> all = attacks_on_secrets();
    const std::vector<Attack> more = {
        {"P04", "write outside",
         bash("for d in / /usr /usr/bin /etc /var /run /dev /proc /lib /opt; do touch $d/heddle-canary && echo wrote "
              "$d; done; true",
              {"", {"EROFS", "EACCES", "ENOENT", "EPERM"}}),
         bash("for d in . /tmp ~ /dev/shm /var/tmp; do touch $d/x || echo $d; done", {""})},
        {"P05", "dot-dot",
         bash("echo x > f; echo evil > ../../outside.txt; cp f ../..; echo evil > ../outside/kept; mv f ..; rm -rf "
              "../outside ../home; true",
              {""}),
         bash("mkdir -p a/b; cd a/b; echo x > ../../f; cat ../../f", {"x\n"})},
        {"P06", "write through a symlink",
         bash("ln -s /etc/hosts l; : >> l && echo opened; ln -s $OUTSIDE d; echo evil > d/kept; touch d/x; ln -s "
              "$LAUNCHER p; echo evil > p; ln -s /usr u; touch u/heddle-canary; true",
              {"", {"EROFS", "EACCES", "ENOENT", "EPERM"}}),
         bash("echo a > f; ln -s f l; echo b > l; cat f; mkdir d; ln -s d e; touch e/x; ls d", {"b\nx\n"})},
        {"P07", "hard link in",
         bash("ln /etc/passwd p && echo linked; ln /usr/bin/env e && echo linked; ln $OUTSIDE/kept k && echo linked; "
              "true",
              {"", {"EXDEV", "EPERM", "EROFS", "EACCES", "ENOENT"}}),
         bash("echo a > f; ln f g; cat g", {"a\n"})},
        {"P08", "rename out",
         bash("echo a > f; cp f g; mv -n f /usr/heddle-canary; mv -n g /etc/heddle-canary; python3 -c 'import os; "
              "os.rename(\"g\", \"/etc/heddle-canary\")' 2>&1 | tail -1 >&2; ls /usr/heddle-canary /etc/heddle-canary; "
              "true",
              {"", {"EXDEV", "EROFS", "EACCES", "ENOENT", "EPERM"}}),
         bash("echo a > f; mkdir d; mv f d/g; cat d/g; mv d/g /tmp/h; cat /tmp/h", {"a\na\n"})},
        {"P14", "loader",
         bash(
             "cp /usr/lib/x86_64-linux-gnu/libm.so.6 /tmp/e.so 2>/dev/null; : >> /etc/ld.so.preload && echo opened; "
             "LD_PRELOAD=/tmp/e.so timeout 0.5 su -c id nobody </dev/null 2>/dev/null; LD_PRELOAD=/tmp/e.so sudo -n id "
             "2>/dev/null; true",
             {"", {"EROFS", "EACCES"}}),
         bash("LD_PRELOAD=libm.so.6 cat /proc/self/maps | grep -q libm && echo loaded", {"loaded\n"})},
        {"P15", "set-uid programs",
         bash("for p in $(find /usr -perm -4000 -type f 2>/dev/null); do timeout 5 $p --help </dev/null >/dev/null "
              "2>&1; done; timeout 0.5 su -c id nobody </dev/null 2>/dev/null; sudo -n id 2>/dev/null; cp $(command -v "
              "su) su "
              "2>/dev/null; timeout 0.5 ./su -c id </dev/null 2>/dev/null; grep -c 'NoNewPrivs:.1' /proc/self/status; "
              "grep -c "
              "'Cap.*0000000000000000' /proc/self/status",
              {"1\n5\n"}),
         bash("test $(id -u) != 0 && id -un", {"guest\n"})},
        {"P16", "make set-uid", make_set_id,
         bash("cp /usr/bin/id i; chmod 755 i; ./i -un; stat -c %a i; install -m 700 i j; stat -c %a j",
              {"guest\n755\n700\n"})},
    };
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

}  // namespace heddle::test
