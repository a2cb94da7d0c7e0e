// sandbox/last_word.h: What a command's keeper says at its end, as an outcome.
#pragma once

#include "sandbox/outcome.h"
#include "sandbox/wire.h"

namespace heddle::sandbox {

// Of a note that it has finished or failed; by itself, as far as this knows.
Outcome outcome_of(const Note& last_word);

}  // namespace heddle::sandbox
