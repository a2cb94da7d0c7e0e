// tests/guests/change_files.c: Changes files of a large workspace and prints how long that took, in microseconds.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

// change_files COUNT: the first file of so many folders, d0/f0, d1/f0 and so on, each by a byte at its end.
int main(int argc, char** argv) {
    const int count = argc > 1 ? atoi(argv[1]) : 0;
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (int i = 0; i < count; ++i) {
        char path[32];
        snprintf(path, sizeof path, "d%d/f0", i);
        const int file = open(path, O_WRONLY | O_APPEND);
        if (file < 0 || write(file, "x", 1) != 1 || close(file) != 0) {
            perror(path);
            return 1;
        }
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    printf("%.1f\n", (end.tv_sec - start.tv_sec) * 1e6 + (end.tv_nsec - start.tv_nsec) / 1e3);
    return 0;
}
