// tests/sandbox/attacks/kernel.cpp: Mounts, namespaces, devices and other doors of the kernel (P17 to P23, P53 to P56).
#include <sys/ipc.h>
#include <sys/shm.h>

#include <cstring>

#include "tests/sandbox/attacks/attack.h"

namespace heddle::test {

namespace {

using sandbox::Result;

// A segment of the host that anybody may write, as careless programs make them.
class SharedSegment {
 public:
    SharedSegment() : id_(::shmget(key, size, IPC_CREAT | 0666)) {
        void* at = ::shmat(id_, nullptr, 0);
        if (at == reinterpret_cast<void*>(-1)) throw std::runtime_error("cannot make a shared segment");
        bytes_ = static_cast<char*>(at);
        std::memcpy(bytes_, "canary", 7);
    }
    ~SharedSegment() {
        ::shmdt(bytes_);
        ::shmctl(id_, IPC_RMID, nullptr);
    }
    bool is_whole() const {
        shmid_ds found{};
        return ::shmctl(id_, IPC_STAT, &found) == 0 && std::strcmp(bytes_, "canary") == 0;
    }
    static constexpr key_t key = 0x4ed1e;
    static constexpr std::size_t size = 4096;

 private:
    int id_;
    char* bytes_;
};

Seen remove_segment(Range& range) {
    const SharedSegment segment;
    const Result result = range.run({"python3", "-c",
                                     "import ctypes, os\nc = ctypes.CDLL(None, use_errno=True)\nsegment = c.shmget(" +
                                         std::to_string(SharedSegment::key) +
                                         ", 0, 0)\nif segment >= 0: c.shmctl(segment, 0, None); "
                                         "print('seen')\nprint(len(open('/proc/sysvipc/shm').readlines()))\nraise "
                                         "SystemExit(os.strerror(ctypes.get_errno()))"});
    const Seen seen = compare(result, {"1\n", {"ENOENT"}, sandbox::Outcome::Kind::exited, 1});
    return segment.is_whole() ? seen : check_that(false, "segment harmed", result);
}

std::vector<Attack> attacks_by_mounts() {
    const Act own_tree = bash("mkdir -p a/b && cp -r a c && ls c", {"b\n"});
    return {
        {"P17", "mount", asks("ask_kernel", {"mount", "bind", "remount", "umount2"}, {"EPERM"}),
         bash("findmnt -n -o TARGET / && df . >/dev/null && echo ok", {"/\nok\n"})},
        {"P17", "mount by its programs",
         bash("mkdir m; mount -t tmpfs t m; mount --bind / m; mount -o remount,rw /usr; umount m; ls -d m/usr; touch "
              "/usr/heddle-canary; test -e /proc/self/stat && echo there",
              {"there\n"}),
         own_tree},
        {"P18", "new namespaces",
         asks("ask_kernel", {"unshare_user", "unshare_net", "unshare_mount", "clone_user", "clone3"},
              {"EPERM", "ENOSYS", "ENOSPC"}),
         bash("unshare -f true && (exec true) && echo ok", {"ok\n"})},
        {"P18", "new namespaces by unshare",
         bash("unshare -Ur id; unshare -n id; unshare -m id; unshare -pf id; true", {"", {"EPERM"}}), own_tree},
        {"P19", "enter namespaces", asks("ask_more", {"setns_all"}, {"EPERM"}),
         bash("readlink /proc/self/ns/net | grep -c '^net:'", {"1\n"})},
        {"P20", "chroot climb", asks("ask_more", {"chroot_hole"}, {"EPERM"}),
         bash("mkdir d; cd d; cd ..; cd / && cd ../.. && pwd", {"/\n"})},
        {"P21", "pivot_root, new mount API",
         asks("ask_more", {"pivot_root", "fsmount", "open_tree", "clone_mount"}, {"EPERM", "ENOSYS"}), own_tree},
        {"P21", "more of the mount API",
         asks("ask_kernel", {"move_mount", "fsopen", "mount_setattr", "open_tree_attr"}, {"EPERM", "ENOSYS"}),
         own_tree},
    };
}

}  // namespace

std::vector<Attack> attacks_on_the_kernel() {
    std::vector<Attack> all = attacks_by_mounts();
    const std::vector<Attack> more = {
        {"P22", "device nodes", asks("ask_kernel", {"mknod_disk", "mknod_mem"}, {"EPERM"}),
         bash("mkfifo f; (echo x > f &); cat f; head -c 2 /dev/zero | wc -c", {"x\n2\n"})},
        {"P23", "raw devices", asks("ask_more", {"disk", "memory", "kmsg", "kvm", "fuse", "tun"}, {"ENOENT"}),
         bash("ls /dev | tr '\\n' ' '; head -c 3 /dev/urandom | wc -c; echo x > /dev/null",
              {"fd full null ptmx pts random shm stderr stdin stdout tty urandom zero 3\n"})},
        {"P53", "shared memory of the host", remove_segment,
         python(
             "import ctypes\nc = ctypes.CDLL(None)\ns = c.shmget(7, 4096, 0o1600)\nprint(s >= 0, c.shmctl(s, 0, None))",
             {"True 0\n"})},
        {"P54", "keyrings", asks("ask_kernel", {"keyctl", "add_key", "request_key"}, {"EPERM", "ENOSYS"}),
         python("import secrets; print(len(secrets.token_bytes(4)))", {"4\n"})},
        {"P55", "io_uring", asks("ask_kernel", {"io_uring_setup"}, {"ENOSYS"}),
         python("import select\ne = select.epoll(); e.close(); print('ok')", {"ok\n"})},
        {"P56", "kernel surface",
         asks("ask_kernel",
              {"bpf", "perf_event_open", "userfaultfd", "kexec_load", "init_module", "swapon", "reboot", "acct",
               "fanotify_init", "open_by_handle_at", "memfd_secret"},
              {"EPERM", "ENOSYS"}),
         python("import os; os.write(os.memfd_create('m'), b'x'); print('ok')", {"ok\n"})},
        {"P56", "a listener of one's own", asks("ask_more", {"own_listener", "own_listener_high"}, {"EINVAL"}),
         python("import ctypes\nf = (ctypes.c_uint64 * 1)(0x7fff000000000006)\nclass P(ctypes.Structure): _fields_ = "
                "[('n', ctypes.c_ushort), ('f', ctypes.c_void_p)]\np = P(1, ctypes.addressof(f))\n"
                "print(ctypes.CDLL(None).prctl(22, 2, ctypes.byref(p), 0, 0))",
                {"0\n"})},
        {"P56", "more kernel surface", asks("ask_more", {"quotactl", "delete_module"}, {"EPERM", "ENOSYS"}),
         bash("[ $(stat -f -c %b .) -gt 0 ] && lsmod >/dev/null 2>&1; echo ok", {"ok\n"})},
#ifdef __x86_64__
        {"P56", "calls of other kinds",
         asks("ask_kernel", {"iopl", "modify_ldt", "x32_getpid", "i386_getpid"}, {"EPERM", "ENOSYS"}),
         bash("uname -m", {"x86_64\n"})},
#endif
    };
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

}  // namespace heddle::test
