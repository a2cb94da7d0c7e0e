// runtime/view.h: Whoever shows a session; told of each thing only after it is on record.
#pragma once

#include "runtime/events.h"
#include "runtime/model/model.h"

namespace heddle {

// Called on the loop's thread; must not block for long and must not throw.
class View {
 public:
    virtual ~View() = default;
    virtual void token(const SampledToken& token) = 0;  // of the reply that is being sampled
    virtual void event(const Event& event) = 0;
};

}  // namespace heddle
