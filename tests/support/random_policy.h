// tests/support/random_policy.h: Policies by chance, and what one allows, worked out question by question.
#pragma once

#include <algorithm>
#include <ostream>
#include <random>
#include <string>
#include <vector>

#include "sandbox/policy_file.h"

namespace heddle::test {

// May a guest of the policy do this? The answer is worked out from the words of the file, by no code of the sandbox.
struct Question {
    enum class About {
        read,
        write,
        see,
        keep,
        cache,
        connect,
        host_network,
        variable,
        set_variable,
        limit,
        direct,
        write_any
    };
    About about;
    std::string what;
    std::int64_t number = 0;  // connect: the port; limit: the value
    const sandbox::LimitField* field = nullptr;

    friend std::ostream& operator<<(std::ostream& out, About one) { return out << static_cast<int>(one); }
};

namespace policy_words {
using sandbox::Texts;
inline const Texts read = {"/a", "/a/b", "/a/bc", "/c"}, write = {"$WORKSPACE", "$TMP", "/a/b", "/a", "/c/d"},
                   patterns = {"default", "x/", "**/.env"}, caches = {"pip", "npm", "go"},
                   hosts = {"a.com", "*.a.com", "x.a.com", "*.x.a.com:22", "a.com:22", "x.a.com:443", "b.com"},
                   variables = {"A", "B", "C"};
}  // namespace policy_words

inline sandbox::Texts some_of(const sandbox::Texts& all, std::mt19937& random) {
    sandbox::Texts some;
    for (const auto& text : all)
        if (random() % 2 == 0) some.push_back(text);
    std::shuffle(some.begin(), some.end(), random);
    return some;
}

inline std::vector<sandbox::NetRule> some_hosts(std::mt19937& random) {
    std::vector<sandbox::NetRule> some;
    for (const auto& text : some_of(policy_words::hosts, random))
        some.push_back(sandbox::parse_net_rule(text, nullptr).value());
    return some;
}

inline const std::vector<Question>& questions() {
    using About = Question::About;
    static const std::vector<Question> all = [] {
        std::vector<Question> list;
        const auto ask = [&](About about, const sandbox::Texts& texts) {
            for (const auto& text : texts) list.push_back({about, text});
        };
        for (const About about : {About::read, About::write})
            ask(about,
                {"/", "/a", "/a/b", "/a/b/f", "/a/bc", "/a/x", "/c", "/c/d", "/c/dd", "/ab", "$WORKSPACE", "$TMP/x"});
        ask(About::see, policy_words::patterns);
        ask(About::keep, policy_words::patterns);
        ask(About::cache, policy_words::caches);
        ask(About::variable, policy_words::variables);
        ask(About::set_variable, {"A=1", "A=2", "B=1"});
        ask(About::host_network, {""});
        ask(About::direct, {""});
        ask(About::write_any, {""});
        for (const char* host : {"a.com", "x.a.com", "y.a.com", "y.x.a.com", "b.com", "a.com.evil", "ba.com"})
            for (const int port : {22, 80, 443, 8080}) list.push_back({About::connect, host, port});
        for (const auto& field : sandbox::limit_fields())
            for (const int value : {64, 100, 200}) list.push_back({About::limit, field.key, value, &field});
        return list;
    }();
    return all;
}

inline bool below_any(const sandbox::Texts& folders, const std::string& path) {
    return std::any_of(folders.begin(), folders.end(),
                       [&](const auto& folder) { return (path + "/").rfind(folder + "/", 0) == 0; });
}

inline bool has(const sandbox::Texts& texts, const std::string& text) {
    return std::find(texts.begin(), texts.end(), text) != texts.end();
}

inline bool names(const std::string& pattern, const std::string& host, std::int64_t port, bool denies) {
    const std::size_t colon = pattern.find(':');
    if (colon == std::string::npos ? !denies && port != 443 && port != 80
                                   : pattern.substr(colon + 1) != std::to_string(port))
        return false;
    const std::string name = pattern.substr(0, colon);
    return name[0] == '*' ? host.ends_with(name.substr(1)) : host == name;
}

inline bool may_connect(const sandbox::NetworkRules& net, const Question& question) {
    using Mode = sandbox::NetworkRules::Mode;
    const auto listed = [&](const std::vector<sandbox::NetRule>& rules, bool denies) {
        return std::any_of(rules.begin(), rules.end(), [&](const auto& rule) {
            return names(sandbox::to_text(rule), question.what, question.number, denies);
        });
    };
    return *net.mode == Mode::host ||
           (*net.mode == Mode::proxy && listed(*net.allow, false) && !listed(*net.deny, true));
}

inline bool allowed(const sandbox::PolicyFile& policy, const Question& question) {
    using About = Question::About;
    using Workspace = sandbox::FsRules::Workspace;
    const auto& [fs, net, limits, env] = policy.permissions;
    switch (question.about) {
        case About::read:
            return below_any(*fs.read, question.what) || below_any(*fs.write, question.what);
        case About::write:
            return below_any(*fs.write, question.what);
        case About::see:
            return !has(*fs.hide, question.what);
        case About::keep:
            return !has(*fs.protect, question.what);
        case About::cache:
            return has(*fs.caches, question.what);
        case About::connect:
            return may_connect(net, question);
        case About::host_network:
            return net.mode == sandbox::NetworkRules::Mode::host;
        case About::variable:
            return has(*env.pass, question.what);
        case About::set_variable:
            return env.set->contains(question.what.substr(0, 1)) &&
                   env.set->at(question.what.substr(0, 1)) == question.what.substr(2);
        case About::limit:
            return question.number <= *(limits.*question.field->value);
        case About::direct:
            return fs.workspace == Workspace::direct;
        case About::write_any:
            return fs.workspace != Workspace::ro;
    }
    return true;
}

// Each field with chance 1 in `one_in`.
inline sandbox::Permissions random_changes(std::mt19937& random, unsigned one_in = 3) {
    using Mode = sandbox::NetworkRules::Mode;
    sandbox::Permissions changes;
    const auto here = [&] { return random() % one_in == 0; };
    if (here()) changes.fs.workspace = static_cast<sandbox::FsRules::Workspace>(random() % 4);
    if (here()) changes.fs.read = some_of(policy_words::read, random);
    if (here()) changes.fs.write = some_of(policy_words::write, random);
    if (here()) changes.fs.hide = some_of(policy_words::patterns, random);
    if (here()) changes.fs.protect = some_of(policy_words::patterns, random);
    if (here()) changes.fs.caches = some_of(policy_words::caches, random);
    if (here()) changes.net.mode = static_cast<Mode>(random() % 3);
    if (here()) changes.net.allow = some_hosts(random);
    if (here()) changes.net.deny = some_hosts(random);
    for (const auto& field : sandbox::limit_fields())
        if (here()) changes.limits.*field.value = std::vector{64, 100, 200}[random() % 3];
    if (here()) changes.env.pass = some_of(policy_words::variables, random);
    if (here()) {
        changes.env.set.emplace();
        for (const auto& name : some_of(policy_words::variables, random))
            (*changes.env.set)[name] = random() % 2 ? "1" : "2";
    }
    return changes;
}

// With the network of the host there are no lists, as in a file.
inline void without_lists_on_host(sandbox::NetworkRules& net) {
    if (net.mode == sandbox::NetworkRules::Mode::host) net.allow = net.deny = std::vector<sandbox::NetRule>{};
}

inline sandbox::PolicyFile random_policy(std::mt19937& random) {
    sandbox::PolicyFile policy;
    policy.tier = static_cast<sandbox::Tier>(1 + random() % 3);
    policy.permissions = random_changes(random, 1);
    without_lists_on_host(policy.permissions.net);
    return policy;
}

inline void change_one_field(sandbox::PolicyFile& policy, std::mt19937& random) {
    const sandbox::Permissions other = random_changes(random, 1);
    auto& [fs, net, limits, env] = policy.permissions;
    switch (random() % 9) {
        case 0:
            fs.workspace = other.fs.workspace;
            break;
        case 1:
            fs.read = other.fs.read;
            break;
        case 2:
            fs.write = other.fs.write;
            break;
        case 3:
            fs.hide = other.fs.hide;
            break;
        case 4:
            fs.protect = other.fs.protect;
            break;
        case 5:
            net = other.net;
            without_lists_on_host(net);
            break;
        case 6:
            net.allow = other.net.allow;
            without_lists_on_host(net);
            break;
        case 7:
            limits = other.limits;
            break;
        default:
            env = other.env;
    }
}

}  // namespace heddle::test
