// tests/sandbox/attacks/attacks_test.cpp: Runs the list of attacks as whoever is here, and reports each by a line.
//
// Root runs it with cgroups, with limits that are polled, as an ordinary user, and in the weaker tiers.
// HEDDLE_ATTACK=P17 in the environment runs the rows of one number alone.
#include <doctest.h>
#include <stdlib.h>
#include <unistd.h>

#include <map>

#include "tests/sandbox/attacks/attack.h"
#include "tests/sandbox/attacks/elsewhere.h"
#include "tests/support/refuse_namespaces.h"
#include "tests/support/sandbox_house.h"

using namespace heddle::test;
using heddle::sandbox::Tier;

namespace {

// In the order of their numbers; a number's rows in the order of their table.
std::vector<Attack> all_rows() {
    std::multimap<std::string, Attack> all;
    for (const auto& part :
         {attacks_on_files(), attacks_on_the_workspace(), attacks_at_commit(), attacks_on_processes(),
          attacks_on_limits(), attacks_on_the_kernel(), attacks_on_knobs(), attacks_on_the_network(),
          attacks_on_the_terminal(), attacks_by_output(), attacks_on_the_setup()})
        for (const Attack& attack : part) all.emplace(attack.id, attack);
    std::vector<Attack> rows;
    for (const auto& [id, attack] : all) rows.push_back(attack);
    return rows;
}

Seen try_out(const Act& act, Range& range) {
    try {
        range.refresh();
        return act(range);
    } catch (const std::exception& error) {
        return {false, "error", error.what()};
    }
}

Finding find_out(const Attack& attack, Range& range) {
    if (!attack.act) return {attack.id, attack.attempt, "-", "-", "elsewhere", attack.remark};
    const Seen tried = try_out(attack.act, range);
    const std::string damage = range.damage();
    const Seen twin = try_out(attack.honest, range);
    const std::string twin_damage = range.damage();

    Finding finding{attack.id, attack.attempt, tried.shown, damage.empty() ? "unchanged" : "CHANGED", "held", ""};
    if (!tried.as_expected) finding.why += "inside: " + tried.why;
    if (!damage.empty()) finding.why += " host: " + damage;
    if (!finding.why.empty()) finding.verdict = attack.remark.empty() ? "BROKEN" : "open";
    if (finding.verdict == "open") finding.why = attack.remark + "; " + finding.why;
    if (!twin.as_expected || !twin_damage.empty()) {
        finding.verdict = "TWIN BROKEN";
        finding.why += " honest use: " + twin.shown + ": " + twin.why + twin_damage;
    }
    return finding;
}

// All rows, each asked or excused, and then those of a tier alone.
void attack_but(const Exceptions& exceptions, const std::vector<Attack>& own_rows, Range& range, const Tell& tell) {
    const char* only = ::getenv("HEDDLE_ATTACK");
    const auto is_wanted = [&](const Attack& attack) { return only == nullptr || attack.id == only; };
    for (const Attack& attack : all_rows()) {
        if (!is_wanted(attack)) continue;
        const std::string why = why_not_asked(attack, exceptions);
        tell(why.empty() ? find_out(attack, range) : Finding{attack.id, attack.attempt, "-", "-", "none", why});
    }
    for (const Attack& attack : own_rows)
        if (is_wanted(attack)) tell(find_out(attack, range));
}

void attack_all(Range& range, const Tell& tell) {
    attack_but({}, {}, range, tell);
}

}  // namespace

TEST_CASE("attacks: each is refused, the host is as it was, and its honest twin works") {
    if (no_sandbox_here()) return;
    run_as(::getuid() == 0 ? "attacks, root" : "attacks, an ordinary user", stay_as_it_is, attack_all);
}

TEST_CASE("attacks: they are refused where limits are polled") {
    if (no_sandbox_here() || ::getuid() != 0) return;  // anybody else's are polled as it is
    run_as("attacks, root, limits polled", hide_cgroups, attack_all);
}

TEST_CASE("attacks: they are refused when an ordinary user runs the sandbox") {
    if (no_sandbox_here() || ::getuid() != 0) return;
    run_as("attacks, an ordinary user", become_ordinary, attack_all);
}

TEST_CASE("attacks: without namespaces they are refused by rules alone, but for what is named") {
    if (no_rules_here()) return;
    CHECK(exceptions_without_row(exceptions_of_a_lone_guest(), all_rows()).empty());
    const auto attack_lone = [](Range& range, const Tell& tell) {
        range.tier = Tier::c;
        attack_but(exceptions_of_a_lone_guest(), attacks_on_a_lone_guest(), range, tell);
    };
    const auto become_lone = [] { return (::getuid() != 0 || become_ordinary()) && refuse_namespaces(); };
    if (::getuid() == 0) run_as("attacks, tier C, root", refuse_namespaces, attack_lone);
    run_as("attacks, tier C, an ordinary user", become_lone, attack_lone);
}

TEST_CASE("attacks: in what bubblewrap makes they are refused, but for what is named") {
    if (no_bubblewrap_here()) return;
    CHECK(exceptions_without_row(exceptions_of_a_wrapped_guest(), all_rows()).empty());
    const auto attack_wrapped = [](Range& range, const Tell& tell) {
        range.tier = Tier::b;
        attack_but(exceptions_of_a_wrapped_guest(), attacks_on_a_wrapped_guest(), range, tell);
    };
    const auto become_wrapped = [] {
        return (::getuid() != 0 || become_ordinary()) && leave_namespaces_to_bubblewrap();
    };
    run_as("attacks, tier B, an ordinary user", become_wrapped, attack_wrapped);
}
