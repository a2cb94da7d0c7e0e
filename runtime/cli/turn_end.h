// runtime/cli/turn_end.h: How a turn ended, as an exit code.
#pragma once

#include "runtime/turn.h"

namespace heddle {

int exit_code_of(const TurnEnd& end);

}  // namespace heddle
