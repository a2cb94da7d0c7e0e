// tests/guests/stay_alive.c: Ignores every signal, leaves its session twice, and goes on writing into a file.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

static void ignore_all(void) {
    for (int number = 1; number < 65; ++number) signal(number, SIG_IGN);
}

static void beat(void) {
    const int file = open("beats", O_CREAT | O_WRONLY | O_APPEND, 0644);
    for (;;) {
        if (write(file, ".", 1) != 1) _exit(1);
        usleep(5000);
    }
}

int main(int argc, char** argv) {
    (void)argv;
    ignore_all();
    if (fork() == 0) {
        setsid();
        if (fork() == 0) {
            setsid();
            beat();
        }
        _exit(0);
    }
    if (argc > 1) {  // the command itself ends, once its daemon lives
        while (access("beats", F_OK) != 0) usleep(1000);
        return 5;
    }
    for (;;) pause();
}
