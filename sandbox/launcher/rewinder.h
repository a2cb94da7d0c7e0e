// sandbox/launcher/rewinder.h: Snapshots of a workspace that is copied on write, and the way back to one, in a guest
// that goes on.
#pragma once

#include <string>
#include <vector>

#include "sandbox/cover.h"
#include "sandbox/launcher/overlay.h"

namespace heddle::sandbox {

// In the keeper, outside of Landlock. An overlay may not be mounted over layers that are changed, so who goes back gets
// a new one over another upper folder, at the same place. What holds a file or a folder of the old one would go on in
// it, unseen: nothing of the guest may run then.
class Rewinder {
 public:
    // The overlay of a workspace that the guest sees at this path.
    Rewinder(Overlay& overlay, std::string workspace) : overlay_(overlay), workspace_(std::move(workspace)) {}

    // Copies the changes, and keeps them under this number. Nothing may write to them meanwhile. Throws Error.
    void keep(unsigned snapshot) const;

    // Copies what was kept under this number (0: nothing, the start) to where the way back will find it. It takes its
    // space from the same limit; if that does not do, all is as it was. Throws Error.
    void prepare(unsigned snapshot);

    // Lays what was prepared over the host's folder, with these covers, in place of what is there. Throws SetupError:
    // then the guest has no workspace any more, and has to end.
    void go_back(const std::vector<Cover>& covers);

 private:
    void remove_old();
    void lay_covers(const std::vector<Cover>& covers, const Fd& merged) const;

    Overlay& overlay_;
    std::string workspace_;
    unsigned layer_ = 0;  // the number of the upper folder
};

}  // namespace heddle::sandbox
