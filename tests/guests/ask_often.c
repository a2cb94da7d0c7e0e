// tests/guests/ask_often.c: Makes refused calls: under many names, many times, or at once from many processes.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// How many of so many calls were not answered with EPERM.
static long ask(long times) {
    long others = 0;
    for (long i = 0; i < times; ++i) others += syscall(SYS_keyctl, 99) != -1 || errno != EPERM;
    return others;
}

static long ask_under_names(long names) {
    long others = 0;
    for (long i = 0; i < names; ++i) {
        char name[32];  // the kernel takes 15 of them
        snprintf(name, sizeof name, "name %ld\n\033", i);
        prctl(PR_SET_NAME, name, 0, 0, 0);
        others += ask(1);
    }
    return others;
}

int main(int argc, char** argv) {
    const char* how = argc > 1 ? argv[1] : "";
    const long times = argc > 2 ? atol(argv[2]) : 1;
    const int processes = argc > 3 ? atoi(argv[3]) : 1;
    for (int i = 1; i < processes; ++i)
        if (fork() == 0) return ask(times) != 0;
    long others = strcmp(how, "names") == 0 ? ask_under_names(times) : ask(times);
    for (int status; wait(&status) > 0;) others += status != 0;
    printf("%ld\n", others);
    return others != 0;
}
