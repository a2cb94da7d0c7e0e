// tests/sandbox/attacks/limits.cpp: Memory, disk, inodes and processor time (P30 to P33, P37).
#include "tests/sandbox/attacks/attack.h"

namespace heddle::test {

namespace {

using namespace std::chrono_literals;
using Kind = sandbox::Outcome::Kind;
using sandbox::Policy;
using sandbox::Result;
using sandbox::WorkspaceMode;

constexpr std::uint64_t mebibyte = 1u << 20;

void little_memory(Policy& policy) {
    policy.limits.memory_bytes = 64 * mebibyte;
    policy.limits.wall = 20s;
}

void little_disk(Policy& policy) {
    policy.mode = WorkspaceMode::cow;
    policy.limits.disk_bytes = policy.limits.tmp_bytes = 8 * mebibyte;
    policy.limits.disk_files = 2000;
    policy.limits.wall = 20s;
}

void small_files(Policy& policy) {
    policy.limits.file_bytes = 8 * mebibyte;
}

void little_time(Policy& policy) {
    policy.limits.cpu = 1s;
    policy.limits.wall = 6s;
}

Act many_files(WorkspaceMode mode) {
    return [=](Range& range) {
        little_disk(range.policy);
        range.policy.mode = mode;
        const Result result =
            range.bash("for i in 1 2 3 4 5 6; do head -c 4000000 /dev/zero > f$i || break; done; cat f* | wc -c");
        const long written = std::atol(result.out.text().c_str());
        return check_that(written <= 8 * 1024 * 1024, std::to_string(written >> 20) + " MiB written", result);
    };
}

// Without namespaces each process is bounded by itself as well, at twice the limit: where memory is polled and the
// machine is busy, that may be met before anybody has looked. Then nobody is killed, and the program is told.
Act ends_by_memory(const std::string& program, const std::string& script) {
    return [=](Range& range) {
        little_memory(range.policy);
        const Result result = range.run({program, "-c", script});
        const std::string said = result.err.text();
        const bool is_told = said.find("MemoryError") != said.npos || said.find("memory exhausted") != said.npos;
        if (range.tier == sandbox::Tier::c && is_told) return check_that(true, "ENOMEM", result);
        return compare(result, {"", {}, Kind::out_of_memory});
    };
}

std::vector<Attack> attacks_on_memory() {
    const Act some = python("x = bytearray(20 << 20); print(len(x) >> 20)", {"20\n"}, little_memory);
    return {
        {"P30", "memory bomb in small steps",
         ends_by_memory("python3", "x = []\nwhile len(x) < 200: x.append(bytearray(10 << 20))"), some},
        {"P30", "memory bomb at once",
         python("try: x = bytearray(10 ** 13)\nexcept MemoryError: print('none')", {"none\n"}, little_memory), some},
        {"P30", "an endless line in memory",
         ends_by_memory("bash", "head -c 1000000000 /dev/zero | tail -n 1 >/dev/null; sleep 5"),
         bash("seq 10000 | tail -n 1", {"10000\n"}, little_memory)},
        {"P30", "memory of many processes",
         bash("for i in 1 2 3 4 5 6 7 8; do python3 -c 'x = bytearray(20 << 20); import time; time.sleep(9)' & done; "
              "wait; sleep 5",
              {"", {}, Kind::out_of_memory}, little_memory),
         some},
    };
}

}  // namespace

std::vector<Attack> attacks_on_limits() {
    std::vector<Attack> all = attacks_on_memory();
    const std::vector<Attack> more = {
        {"P30", "memory that nobody maps",
         python("import os\nf = [os.memfd_create(str(i)) for i in range(20)]\nfor m in f: os.write(m, bytes(20 << "
                "20))\nimport time; time.sleep(1); print('kept')",
                {"", {}, Kind::out_of_memory}, little_memory),
         // What is mapped as well, by two, counts once. Under a sanitizer a guest begins with 15 MiB.
         python("import mmap, os, time\nm = os.memfd_create('m'); os.truncate(m, 32 << 20); a = mmap.mmap(m, 0)\n"
                "for at in range(0, 32 << 20, 4096): a[at] = 1\nif os.fork() == 0: sum(a[::4096]); time.sleep(0.3); "
                "os._exit(0)\nprint(os.wait()[1])",
                {"0\n"}, little_memory)},
        {"P30", "segments that nobody maps",
         python("import ctypes\nc = ctypes.CDLL(None); c.shmat.restype = ctypes.c_void_p\nfor i in range(20):\n  s = "
                "c.shmget(0, 20 << 20, 0o1600); p = c.shmat(s, None, 0); ctypes.memset(p, 1, 20 << 20); "
                "c.shmdt(ctypes.c_void_p(p))\nimport time; time.sleep(1); print('kept')",
                {"", {}, Kind::out_of_memory}, little_memory),
         python("import ctypes\nc = ctypes.CDLL(None); c.shmat.restype = ctypes.c_void_p\ns = c.shmget(0, 40 << 20, "
                "0o1600); p = c.shmat(s, None, 0); ctypes.memset(p, 1, 40 << 20); import time; time.sleep(0.3); "
                "print('ok')",
                {"ok\n"}, little_memory)},
        {"P30", "memory on its way through a socket",
         python("import array, os, socket\na, b = socket.socketpair()\nfor i in range(20):\n"
                "  m = os.memfd_create(str(i)); os.write(m, bytes(20 << 20)); a.sendmsg([b'x'], [(socket.SOL_SOCKET, "
                "socket.SCM_RIGHTS, array.array('i', [m]))]); os.close(m)\nimport time; time.sleep(1); print('kept')",
                {"", {}, Kind::out_of_memory}, little_memory),
         python("import array, os, socket\na, b = socket.socketpair(); m = os.memfd_create('m'); os.write(m, b'ok')\n"
                "socket.send_fds(a, [b'x'], [m]); os.close(m)\nprint(os.pread(socket.recv_fds(b, 1, 1)[1][0], 2, "
                "0).decode())",
                {"ok\n"}, little_memory),
         "where memory is polled, a file of memory that no process holds, as it waits in a socket, is seen by no "
         "count; what bounds it is the size of a file and how many may be on their way, as many as may be open"},
        {"P31", "disk filler, workspace cow",
         bash("dd if=/dev/zero of=f bs=1M count=32 2>&1 | head -1 >&2; [ $(stat -c %s f) -le 8388608 ] && echo bounded",
              {"bounded\n", {"ENOSPC"}}, little_disk),
         bash("dd if=/dev/zero of=f bs=1M count=4 2>/dev/null; stat -c %s f", {"4194304\n"}, little_disk)},
        {"P31", "disk filler, own folders",
         bash("for d in /tmp ~ /dev/shm; do head -c 20000000 /dev/zero > $d/f; done; cat /tmp/f ~/f /dev/shm/f | (read "
              "-r -d '' x; [ $(cat | wc -c) -le 8388608 ] && echo bounded)",
              {"bounded\n", {"ENOSPC"}}, little_disk),
         bash("for d in /tmp ~ /dev/shm; do head -c 1000000 /dev/zero > $d/f; done; cat /tmp/f ~/f /dev/shm/f | wc -c",
              {"3000000\n"}, little_disk)},
        {"P31", "disk filler of many files, cow", many_files(WorkspaceMode::cow), bash("echo x > f; cat f", {"x\n"})},
        {"P31", "disk filler of many files", many_files(WorkspaceMode::direct), bash("echo x > f; cat f", {"x\n"}),
         "in a workspace that is written directly files are bounded one by one, not in sum: the host's file system "
         "keeps "
         "no sum for a guest but by quotas, which are an administrator's, and what the kernel counts of a process is "
         "all "
         "that it ever wrote, by which a build that writes a file ten times over would be ended; mode cow bounds it"},
        {"P32", "inode filler",
         bash(
             "for d in . /tmp; do (cd $d; seq 20000 | xargs touch 2>&1 | tail -1 >&2; [ $(ls -f | wc -l) -lt 5000 ] && "
             "echo bounded); done",
             {"bounded\nbounded\n", {"ENOSPC"}}, little_disk),
         bash("seq 500 | xargs touch; ls | wc -l", {"500\n"}, little_disk)},
        {"P33", "sparse files and fallocate",
         bash("trap '' XFSZ; truncate -s 1T f; fallocate -l 64M g; dd if=/dev/zero of=h bs=1M seek=4000 count=1 2>&1 | "
              "head -1 >&2; "
              "du "
              "-sk . | awk '{ print ($1 < 9000) }'",
              {"1\n", {"EFBIG", "ENOSPC"}}, small_files),
         bash("truncate -s 4M f; fallocate -l 1M g; stat -c %s f g", {"4194304\n1048576\n"}, small_files)},
        {"P37", "cpu spin of one", bash("while :; do :; done", {"", {}, Kind::cpu_exceeded}, little_time),
         bash("i=0; while [ $((i += 1)) -lt 20000 ]; do :; done; echo ok", {"ok\n"}, little_time)},
        {"P37", "cpu spin of four that waits",
         bash("for i in 1 2 3 4; do (while :; do :; done) & done; wait", {"", {}, Kind::cpu_exceeded}, little_time),
         bash("for i in 1 2 3 4; do (:) & done; wait; echo ok", {"ok\n"}, little_time)},
        {"P37", "cpu spin of many, one after another",
         bash("for i in $(seq 50); do timeout -s KILL 0.2 sh -c 'while :; do :; done'; done",
              {"", {}, Kind::cpu_exceeded}, little_time),
         bash("for i in $(seq 50); do sh -c :; done; echo ok", {"ok\n"}, little_time)},
    };
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

}  // namespace heddle::test
