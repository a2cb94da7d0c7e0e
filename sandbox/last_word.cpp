// sandbox/last_word.cpp: A wait status, and the limit that was met.
#include "sandbox/last_word.h"

#include <sys/wait.h>

namespace heddle::sandbox {

Outcome outcome_of(const Note& last_word) {
    if (last_word.kind == Note::Kind::failed) return {Outcome::Kind::setup_failed, 0, last_word.text};
    const int status = last_word.wait_status;
    if (WIFEXITED(status)) return {Outcome::Kind::exited, WEXITSTATUS(status), last_word.text, last_word.met};
    return {Outcome::Kind::signaled, WTERMSIG(status), last_word.text, last_word.met};
}

}  // namespace heddle::sandbox
