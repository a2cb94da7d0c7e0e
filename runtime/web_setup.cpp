// runtime/web_setup.cpp: A part of the house's builder: the one place that names every provider.
#include "runtime/web_setup.h"

#include <fmt/core.h>

#include <memory>
#include <optional>
#include <utility>

#include "runtime/error.h"
#include "runtime/store/local_documents.h"
#include "sandbox/cover.h"
#include "tools/error.h"
#include "tools/web/all_pages.h"
#include "tools/web/brave.h"
#include "tools/web/remote_pages.h"
#include "tools/web/searxng.h"

namespace heddle {

namespace {

namespace web = tools::web;

// What commands may reach by the proxy, pages may come from; no other mode says which hosts.
std::optional<sandbox::NetRules> rules_of(const sandbox::Policy& policy) {
    if (policy.network != sandbox::NetworkMode::proxy) return std::nullopt;
    return policy.net;
}

std::shared_ptr<web::SearchProvider> service_of(const WebOptions& options, std::shared_ptr<web::Reader> reader,
                                                std::shared_ptr<web::Pace> pace) {
    const bool is_brave = options.search == "brave";
    if (!is_brave && options.url.empty())
        throw Error("search = \"searxng\" needs search_url, as \"http://127.0.0.1:8888\"");
    try {
        web::SearchService service(std::move(reader), std::move(pace),
                                   options.url.empty() ? web::brave_url : options.url);
        if (!is_brave) return std::make_shared<web::Searxng>(std::move(service));
        return std::make_shared<web::Brave>(std::move(service), options.key);
    } catch (const tools::Error& error) {
        throw Error(fmt::format("cannot search by {}: {}", options.search, error.what()));
    }
}

}  // namespace

web::Web set_up_web(const WebOptions& options, const std::filesystem::path& documents, sandbox::Sandbox& sandbox,
                    const sandbox::Policy& policy, web::TokenCount tokens) {
    // A session without walls has none for its commands; a stranger's page is read behind some all the same.
    const auto reader = std::make_shared<web::Reader>(sandbox, policy.tier);
    const auto pace = std::make_shared<web::Pace>();
    const auto local = std::make_shared<LocalDocuments>(documents, [policy](const std::filesystem::path& file) {
        return sandbox::is_hidden(policy.hide, policy.workspace, file);
    });
    web::Web made;
    made.tokens = std::move(tokens);
    made.search = local;
    if (options.search != "local") made.search = service_of(options, reader, pace);
    made.pages =
        std::make_shared<web::AllPages>(local, std::make_shared<web::RemotePages>(reader, pace, rules_of(policy)));
    made.network_log = [reader] { return reader->take_network_log(); };
    return made;
}

}  // namespace heddle
