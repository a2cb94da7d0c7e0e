// sandbox/policy_now.cpp: The checks of an opening, each on its own, so that one that fails leaves the others to be
// told.
#include "sandbox/policy_now.h"

#include <algorithm>

#include "sandbox/cover.h"
#include "sandbox/error.h"
#include "sandbox/protected_now.h"
#include "sandbox/share.h"
#include "sandbox/workspace.h"

namespace heddle::sandbox {

namespace {

std::string from_workspace(const std::filesystem::path& place, const Policy& policy) {
    const auto below = place.lexically_relative(policy.workspace);
    return below.empty() || *below.begin() == ".." ? place.native() : below.native();
}

template <typename Look>
void try_to(MetNow& met, Look look) {
    try {
        look();
    } catch (const Error& error) {
        met.error = error.what();
    }
}

}  // namespace

PolicyNow look_at_policy(const Policy& wanted) {
    Policy policy = wanted;
    const Fd workspace = open_workspace(policy);
    PolicyNow now;
    std::vector<Share> shares;
    try_to(now.shared, [&] {
        shares = find_shares(policy);
        for (const auto& share : shares) now.shared.paths.push_back(share.source);
    });
    try_to(now.hidden, [&] {
        const Hidden hidden = find_hidden(policy, workspace, shares);
        for (const auto& cover : hidden.covers) now.hidden.paths.push_back(from_workspace(cover.place, policy));
        std::ranges::sort(now.hidden.paths);  // a folder has no order
        now.unmatched = hidden.unmatched;
    });
    try_to(now.protected_paths, [&] { now.protected_paths.paths = ProtectedNow::paths_in(policy, workspace); });
    return now;
}

}  // namespace heddle::sandbox
