// tests/support/refuse_namespaces.h: Makes this process live as in a container: a seccomp filter takes calls away.
#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstddef>
#include <vector>

namespace heddle::test {

// Puts a filter on this process and all that it starts. The last rule of `program` has to allow.
inline bool put_on(std::vector<sock_filter> program) {
    const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, 2, &filter, 0, 0) == 0;
}

// A kernel that answers `error` to one call.
inline bool deny(unsigned call, unsigned error) {
    return put_on({
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    });
}

// As where a profile lets nobody but bubblewrap make namespaces: the launcher makes its own by clone3, bubblewrap by
// clone.
inline bool leave_namespaces_to_bubblewrap() {
    return deny(SYS_clone3, ENOSYS);
}

// What Docker's default profile does to a process without CAP_SYS_ADMIN: no namespace, no mount, and no clone3, whose
// flags no filter can read.
inline bool refuse_namespaces() {
    constexpr unsigned refused[] = {SYS_unshare,   SYS_setns,      SYS_mount,         SYS_umount2, SYS_pivot_root,
                                    SYS_open_tree, SYS_move_mount, SYS_mount_setattr, SYS_fsopen,  SYS_fsmount};
    constexpr unsigned namespaces =
        CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
    std::vector<sock_filter> program{BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))};
    const auto answer = [&](unsigned call, unsigned error) {
        program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1));
        program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error));
    };
    for (const unsigned call : refused) answer(call, EPERM);
    answer(SYS_clone3, ENOSYS);
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 3));
    program.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args)));
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, namespaces, 0, 1));
    program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM));
    program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
    return put_on(std::move(program));
}

}  // namespace heddle::test
