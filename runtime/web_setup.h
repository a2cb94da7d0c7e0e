// runtime/web_setup.h: What the tools search, open and find ask in a session: the user's choice, within his policy.
#pragma once

#include <filesystem>
#include <string>

#include "sandbox/sandbox.h"
#include "tools/web/web.h"

namespace heddle {

struct WebOptions {
    std::string search = "local";  // or "searxng", or "brave"
    std::string url, key;          // of the service, as Config has them
};

// Local documents are there always, but for those that the policy hides; pages of the web from hosts that the policy
// lets its proxy reach. The sandbox outlives what is made. `tokens` is asked when a page is shown, and may be empty.
// Throws Error for a service that is not set up whole.
tools::web::Web set_up_web(const WebOptions& options, const std::filesystem::path& documents, sandbox::Sandbox& sandbox,
                           const sandbox::Policy& policy, tools::web::TokenCount tokens = {});

}  // namespace heddle
