// tests/guests/list_fds.c: Prints every descriptor that is open.
#include <fcntl.h>
#include <stdio.h>

int main(void) {
    for (int fd = 0; fd < 1 << 20; ++fd)
        if (fcntl(fd, F_GETFD) >= 0) printf("%d\n", fd);
    return 0;
}
