// sandbox/launcher/terminal.cpp: Opens both ends by descriptor, so that no name of a terminal is ever believed.
#include "sandbox/launcher/terminal.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>

#include "sandbox/launcher/setup_error.h"

namespace heddle::sandbox {

Terminal open_terminal(TerminalSize size, unsigned guest_uid, unsigned guest_gid) {
    Terminal terminal;
    terminal.outer = Fd(::open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC));
    if (!terminal.outer) throw SetupError(Step::command, "open a terminal", errno);
    int unlocked = 0;
    check(::ioctl(terminal.outer.get(), TIOCSPTLCK, &unlocked), Step::command, "unlock a terminal");
    terminal.inner = Fd(::ioctl(terminal.outer.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
    if (!terminal.inner) throw SetupError(Step::command, "open a terminal's inner end", errno);
    check(::fchown(terminal.inner.get(), guest_uid, guest_gid), Step::command, "give the guest its terminal");
    const winsize window{size.rows, size.columns, 0, 0};
    check(::ioctl(terminal.outer.get(), TIOCSWINSZ, &window), Step::command, "size a terminal");
    return terminal;
}

}  // namespace heddle::sandbox
