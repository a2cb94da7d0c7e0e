// tests/guests/bounded_bomb.c: Makes processes or threads until it is refused, but never more than a machine bears.
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { most = 2000 };

static void* sit(void* nothing) {
    pause();
    return nothing;
}

static int processes(void) {
    int made = 0;
    static pid_t children[most];
    for (; made < most; ++made) {
        children[made] = fork();
        if (children[made] == 0) {
            sit(NULL);
            _exit(0);
        }
        if (children[made] < 0) break;
    }
    printf("%d\n", made);
    for (int i = 0; i < made; ++i) kill(children[i], SIGKILL);
    while (wait(NULL) > 0) {
    }
    return 0;
}

static int threads(void) {
    int made = 0;
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 64 * 1024);
    for (pthread_t thread; made < most && pthread_create(&thread, &small, sit, NULL) == 0;) ++made;
    printf("%d\n", made);
    return 0;
}

int main(int argc, char** argv) {
    return argc > 1 && strcmp(argv[1], "threads") == 0 ? threads() : processes();
}
