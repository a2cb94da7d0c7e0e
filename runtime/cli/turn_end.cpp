// runtime/cli/turn_end.cpp: How a turn ended, as an exit code.
#include "runtime/cli/turn_end.h"

#include "runtime/cli/commands.h"

namespace heddle {

int exit_code_of(const TurnEnd& end) {
    const auto* failed = std::get_if<TurnFailed>(&end);
    if (!failed) return exit_done;
    switch (failed->kind) {
        case TurnFailed::Kind::limit:
            return exit_limit;
        case TurnFailed::Kind::cancelled:
            return exit_interrupted;
        case TurnFailed::Kind::error:
            break;
    }
    return exit_failed;
}

}  // namespace heddle
