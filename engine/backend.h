// engine/backend.h: Picks a back end by name.
#pragma once

#include <memory>
#include <string>

#include "engine/ops/ops.h"
#include "engine/ops/precision.h"

namespace heddle::engine {

// `threads` 0: one per core that this process may use. Throws Error for a name that is none.
std::unique_ptr<Ops> make_backend(const std::string& name, int threads, const Precision& precision);

}  // namespace heddle::engine
