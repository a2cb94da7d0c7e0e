// sandbox/launcher/lending.cpp: A pipe a folder, whose other end closes with its holder.
#include "sandbox/launcher/lending.h"

#include <array>
#include <exception>
#include <utility>

#include "sandbox/launcher/notes.h"

namespace heddle::sandbox {

void Lending::tell_kind(const Message& request, Ground& ground) {
    if (request.fds.empty()) return;
    try {
        Note note;
        note.kind = Note::Kind::guest_kind;
        const auto tier = ground.tier();
        if (!tier) return tell_failure(request.fds[0], ground.why_weaker.c_str());
        note.enforcement.tier = *tier;
        if (*tier == Tier::c) ground.identities.demand_other_than_root();
        if (*tier == Tier::c && ground.identities.has_range())
            note.process = static_cast<int>(ground.identities.uid_inside(Tier::c));
        tell(request.fds[0], note);
    } catch (const std::exception& error) {
        tell_failure(request.fds[0], error.what());
    }
}

void Lending::lend(const Message& request, Ground& ground) {
    if (request.fds.empty()) return;
    try {
        Lent lent{ground.make_folder(), {}};
        auto [ours, theirs] = make_pipe();
        lent.hold = std::move(ours);
        Note note;
        note.kind = Note::Kind::folder;
        note.text = lent.folder.path();
        tell(request.fds[0], note, std::array{lent.folder.lock().get(), theirs.get()});
        lent_.push_back(std::move(lent));
    } catch (const std::exception& error) {
        tell_failure(request.fds[0], error.what());
    }
}

void Lending::watch(std::vector<pollfd>& fds) const {
    for (const Lent& lent : lent_) fds.push_back({lent.hold.get(), 0, 0});
}

void Lending::look_after(const pollfd* first) {
    for (auto lent = lent_.begin(); lent != lent_.end(); ++first) {
        const auto each = lent++;
        if (first->revents != 0) lent_.erase(each);
    }
}

}  // namespace heddle::sandbox
