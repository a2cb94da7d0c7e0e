// sandbox/launcher/trial.h: Tries each layer of the sandbox alone, so that a person can see which one is missing.
#pragma once

#include <string>

#include "sandbox/launcher/guest.h"

namespace heddle::sandbox {

// One line a layer: name, yes or no, detail, with tabs between.
std::string try_layers(Ground& ground);

}  // namespace heddle::sandbox
