// tests/sandbox/attacks/wrapped.cpp: What changes in the list for guests that bubblewrap makes, each with its reason.
#include "tests/sandbox/attacks/attack.h"

namespace heddle::test {

namespace {

const std::string no_disk = "disk: bubblewrap bounds bytes folder by folder, and files not at all";

}  // namespace

const Exceptions& exceptions_of_a_wrapped_guest() {
    static const Exceptions all = {
        {"P23", "raw devices", "asked by a row of its own: its /dev names a file more, which leads to nothing"},
        {"P31", "", no_disk},
        {"P32", "", no_disk},
        {"P64", "inotify exhaustion", "what a guest takes of inotify is its user's, and it may bound no share of it"},
        {"P69", "path race with diff and commit",
         "asked by a row of its own: a copy is not looked at while it is used"},
        {"P73", "", "asked of tier A"},
    };
    return all;
}

std::vector<Attack> attacks_on_a_wrapped_guest() {
    return {
        {"P23", "raw devices, in bubblewrap's /dev",
         asks("ask_more", {"disk", "memory", "kmsg", "kvm", "fuse", "tun"}, {"ENOENT"}),
         bash("ls /dev | tr '\\n' ' '; head -c 3 /dev/urandom | wc -c; echo x > /dev/null",
              {"core fd full null ptmx pts random shm stderr stdin stdout tty urandom zero 3\n"})},
        {"P31", "disk filler, each of its folders",
         bash("for d in /tmp ~ /dev/shm; do head -c 1G /dev/zero > $d/f || echo full; done 2>/dev/null",
              {"full\nfull\nfull\n"}, [](sandbox::Policy& policy) { policy.limits.tmp_bytes = 16 << 20; }),
         bash("for d in /tmp ~ /dev/shm; do head -c 1M /dev/zero > $d/f && echo written; done",
              {"written\nwritten\nwritten\n"})},
        race_with_the_end_of_a_copy(),
    };
}

}  // namespace heddle::test
