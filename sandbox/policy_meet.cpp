// sandbox/policy_meet.cpp: Shares and compares permissions field by field; each field has an order of its own.
#include "sandbox/policy_meet.h"

#include <fmt/core.h>

#include <algorithm>

#include "sandbox/policy_path.h"
#include "sandbox/printable.h"

namespace heddle::sandbox {

namespace {

using Workspace = FsRules::Workspace;
using Mode = NetworkRules::Mode;
using Sentences = std::vector<std::string>;

template <typename Item>
bool holds(const std::vector<Item>& items, const Item& item) {
    return std::find(items.begin(), items.end(), item) != items.end();
}

template <typename Item>
void add(std::vector<Item>& items, const Item& item) {
    if (!holds(items, item)) items.push_back(item);
}

template <typename Item>
std::vector<Item> either(std::vector<Item> a, const std::vector<Item>& b) {
    for (const auto& item : b) add(a, item);
    return a;
}

Texts both(const Texts& a, const Texts& b) {
    Texts shared;
    for (const auto& text : a)
        if (holds(b, text)) add(shared, text);
    return shared;
}

bool covered(const Texts& paths, const std::string& path) {
    return std::any_of(paths.begin(), paths.end(), [&](const auto& outer) { return path_covers(outer, path); });
}

Texts shared_paths(const Texts& a, const Texts& b) {
    Texts shared;
    for (const auto& path : a)
        if (covered(b, path)) add(shared, path);
    for (const auto& path : b)
        if (covered(a, path)) add(shared, path);
    return shared;
}

// Whoever may write somewhere may read there.
Texts readable(const FsRules& fs) {
    return either(*fs.read, *fs.write);
}

std::vector<NetRule> shared_hosts(const std::vector<NetRule>& a, const std::vector<NetRule>& b) {
    std::vector<NetRule> shared;
    for (const auto& one : a)
        for (const auto& other : b)
            if (const auto host = intersection(one, other)) add(shared, *host);
    return shared;
}

// Both keep the changes apart; only what they cost differs.
int rank(Workspace workspace) {
    return static_cast<int>(workspace == Workspace::cow ? Workspace::copy : workspace);
}

NetworkRules meet(const NetworkRules& a, const NetworkRules& b) {
    const auto allowed = [&] {  // with the host's network there is no list: everything is allowed
        if (*a.mode == Mode::host) return *b.allow;
        if (*b.mode == Mode::host) return *a.allow;
        return shared_hosts(*a.allow, *b.allow);
    };
    return {std::min(*a.mode, *b.mode), allowed(), either(*a.deny, *b.deny),
            a.dangerously_allow_private && b.dangerously_allow_private};
}

FsRules meet(const FsRules& a, const FsRules& b) {
    FsRules shared;
    shared.workspace = std::min(*a.workspace, *b.workspace);
    shared.write = shared_paths(*a.write, *b.write);
    shared.read = Texts{};
    for (const auto& path : shared_paths(readable(a), readable(b)))
        if (!covered(*shared.write, path)) shared.read->push_back(path);
    shared.hide = either(*a.hide, *b.hide);
    shared.protect = either(*a.protect, *b.protect);
    shared.caches = both(*a.caches, *b.caches);
    return shared;
}

void fs_excess(const FsRules& base, const FsRules& wanted, Sentences& found) {
    if (rank(*wanted.workspace) > rank(*base.workspace))
        found.push_back(fmt::format("the workspace would be used as \"{}\" instead of \"{}\"",
                                    name_of(*wanted.workspace), name_of(*base.workspace)));
    for (const auto& path : *wanted.write)
        if (!covered(*base.write, path)) found.push_back(fmt::format("it could write {}", printable(path)));
    for (const auto& path : *wanted.read)
        if (!covered(readable(base), path)) found.push_back(fmt::format("it could read {}", printable(path)));
    for (const auto& pattern : *base.hide)
        if (!holds(*wanted.hide, pattern)) found.push_back(fmt::format("it could see {}", printable(pattern)));
    for (const auto& pattern : *base.protect)
        if (!holds(*wanted.protect, pattern))
            found.push_back(fmt::format("its changes to what is protected as {} could be kept", printable(pattern)));
    for (const auto& cache : *wanted.caches)
        if (!holds(*base.caches, cache)) found.push_back(fmt::format("it could use and fill the cache of {}", cache));
}

void net_excess(const NetworkRules& base, const NetworkRules& wanted, Sentences& found) {
    if (*base.mode == Mode::host || *wanted.mode == Mode::off) return;
    if (*wanted.mode == Mode::host) {
        found.emplace_back("it could use the whole network of this machine, past every list");
        return;
    }
    if (wanted.dangerously_allow_private && !base.dangerously_allow_private)
        found.emplace_back("what it may connect to could lead into this machine and its networks");
    const auto allowed = *base.mode == Mode::off ? std::vector<NetRule>{} : *base.allow;
    for (const auto& host : *wanted.allow)
        if (std::none_of(allowed.begin(), allowed.end(), [&](const auto& outer) { return covers(outer, host); }))
            found.push_back(fmt::format("it could connect to {}", to_text(host)));
    for (const auto& host : *base.deny)
        if (std::none_of(wanted.deny->begin(), wanted.deny->end(),
                         [&](const auto& outer) { return covers_as_denial(outer, host); }))
            found.push_back(fmt::format("it would no longer be denied {}", to_text(host)));
}

void limits_excess(const LimitRules& base, const LimitRules& wanted, Sentences& found) {
    for (const auto& field : limit_fields())
        if (*(wanted.*field.value) > *(base.*field.value))
            found.push_back(fmt::format("its limit {} would be {}{} instead of {}{}", field.key, *(wanted.*field.value),
                                        field.unit, *(base.*field.value), field.unit));
}

void env_excess(const EnvRules& base, const EnvRules& wanted, Sentences& found) {
    for (const auto& name : *wanted.pass)
        if (!holds(*base.pass, name))
            found.push_back(fmt::format("it would see the variable {} of this machine", name));
    for (const auto& [name, value] : *wanted.set) {
        const auto before = base.set->find(name);
        if (before == base.set->end() || before->second != value)
            found.push_back(fmt::format("it would get a value of the policy's in the variable {}", name));
    }
}

template <typename Field>
void replace(std::optional<Field>& field, const std::optional<Field>& by) {
    if (by) field = by;
}

template <typename Item>
void extend(std::optional<std::vector<Item>>& field, const std::optional<std::vector<Item>>& by) {
    if (by) field = either(*field, *by);
}

}  // namespace

Permissions meet(const Permissions& a, const Permissions& b) {
    Permissions shared;
    shared.fs = meet(a.fs, b.fs);
    shared.net = meet(a.net, b.net);
    for (const auto& field : limit_fields())
        shared.limits.*field.value = std::min(*(a.limits.*field.value), *(b.limits.*field.value));
    shared.env.pass = both(*a.env.pass, *b.env.pass);
    shared.env.set.emplace();
    for (const auto& entry : *a.env.set)
        if (const auto other = b.env.set->find(entry.first); other != b.env.set->end() && *other == entry)
            shared.env.set->insert(entry);
    return shared;
}

std::vector<std::string> excess(const Permissions& base, const Permissions& wanted) {
    Sentences found;
    fs_excess(base.fs, wanted.fs, found);
    net_excess(base.net, wanted.net, found);
    limits_excess(base.limits, wanted.limits, found);
    env_excess(base.env, wanted.env, found);
    return found;
}

Permissions changed(const Permissions& base, const Permissions& changes) {
    Permissions result = base;
    replace(result.fs.workspace, changes.fs.workspace);
    replace(result.fs.read, changes.fs.read);
    replace(result.fs.write, changes.fs.write);
    replace(result.fs.caches, changes.fs.caches);
    extend(result.fs.hide, changes.fs.hide);
    extend(result.fs.protect, changes.fs.protect);
    replace(result.net.mode, changes.net.mode);
    replace(result.net.allow, changes.net.allow);
    extend(result.net.deny, changes.net.deny);
    if (*result.net.mode == Mode::host) result.net.allow = result.net.deny = std::vector<NetRule>{};
    for (const auto& field : limit_fields()) replace(result.limits.*field.value, changes.limits.*field.value);
    replace(result.env.pass, changes.env.pass);
    replace(result.env.set, changes.env.set);
    return result;
}

const char* name_of(Workspace workspace) {
    switch (workspace) {
        case Workspace::ro:
            return "ro";
        case Workspace::copy:
            return "copy";
        case Workspace::cow:
            return "cow";
        case Workspace::direct:
            return "direct";
    }
    return "?";
}

const char* name_of(Mode mode) {
    switch (mode) {
        case Mode::off:
            return "off";
        case Mode::proxy:
            return "proxy";
        case Mode::host:
            return "host";
    }
    return "?";
}

}  // namespace heddle::sandbox
