// engine/cache_identity.h: Names all that the rows of an engine depend on besides the tokens before them.
#pragma once

#include "engine/cache/cache_file.h"
#include "engine/engine.h"

namespace heddle::engine {

// The weights; the configuration and the options that change values; and the logits of a probe of two tokens, for
// kernels of another instruction set or another version of the program may round otherwise. Evaluates the probe. The
// width of the selection is part of it: what is attended to in one layer decides what is cached in the next.
CacheIdentity cache_identity(const Engine& engine, const PageLayout& layout);

}  // namespace heddle::engine
