// sandbox/launcher/trial.h: Tries each layer of the sandbox alone, so that a person can see which one is missing.
#pragma once

#include <string>

#include "sandbox/launcher/guest.h"

namespace heddle::sandbox {

// One line a layer: name, yes or no, detail, with tabs between.
std::string try_layers(Ground& ground);

// Takes the steps without which there is no tier A: all namespaces with their ids, mounts and a /proc of its own.
// Throws SetupError, or another exception with the same text where the step failed inside.
void try_enclosure(const Identities& identities);

}  // namespace heddle::sandbox
