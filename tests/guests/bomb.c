// tests/guests/bomb.c: Takes without end: processes, threads, memory of its own, memory that is shared.
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void* sit(void* nothing) {
    pause();
    return nothing;
}

static int processes(void) {
    int made = 0;
    for (;; ++made) {
        const int child = fork();
        if (child == 0) pause();
        if (child < 0) break;
    }
    printf("%d\n", made);
    return errno == EAGAIN ? 0 : 1;
}

static int threads(void) {
    int made = 0;
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 64 * 1024);
    for (pthread_t thread; pthread_create(&thread, &small, sit, NULL) == 0;) ++made;
    printf("%d\n", made);
    return 0;
}

static int memory(int flags) {
    for (;;) {
        char* part = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);
        if (part == MAP_FAILED) return 1;
        memset(part, 1, 1 << 20);
    }
}

int main(int argc, char** argv) {
    const char* what = argc > 1 ? argv[1] : "";
    if (strcmp(what, "processes") == 0) return processes();
    if (strcmp(what, "threads") == 0) return threads();
    if (strcmp(what, "memory") == 0) return memory(MAP_PRIVATE);
    if (strcmp(what, "shared") == 0) return memory(MAP_SHARED);
    return 2;
}
