// tests/sandbox/attacks/attacks_test.cpp: Runs the list of attacks as whoever is here, and reports each by a line.
//
// Root runs it three times: with cgroups, with limits that are polled, and as an ordinary user. HEDDLE_ATTACK=P17 in
// the environment runs the rows of one number alone.
#include <doctest.h>
#include <stdlib.h>
#include <unistd.h>

#include <map>

#include "tests/sandbox/attacks/attack.h"
#include "tests/sandbox/attacks/elsewhere.h"
#include "tests/support/refuse_namespaces.h"
#include "tests/support/sandbox_house.h"

using namespace heddle::test;

namespace {

// In the order of their numbers; a number's rows in the order of their table.
std::multimap<std::string, Attack> all_attacks() {
    std::multimap<std::string, Attack> all;
    for (const auto& part :
         {attacks_on_files(), attacks_on_the_workspace(), attacks_at_commit(), attacks_on_processes(),
          attacks_on_limits(), attacks_on_the_kernel(), attacks_on_knobs(), attacks_on_the_network(),
          attacks_on_the_terminal(), attacks_by_output(), attacks_on_the_setup()})
        for (const Attack& attack : part) all.emplace(attack.id, attack);
    return all;
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
    if (!attack.act) return {attack.id, attack.attempt, "-", "-", "not yet", attack.remark};
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

void attack_all(Range& range, const Tell& tell) {
    const char* only = ::getenv("HEDDLE_ATTACK");
    for (const auto& [id, attack] : all_attacks())
        if (only == nullptr || id == only) tell(find_out(attack, range));
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
    std::vector<Attack> rows;
    for (const auto& [id, attack] : all_attacks()) rows.push_back(attack);
    CHECK(exceptions_without_row(rows).empty());
    const auto attack_lone = [&](Range& range, const Tell& tell) {
        range.is_lone = true;
        const char* only = ::getenv("HEDDLE_ATTACK");
        for (const Attack& attack : rows) {
            if (only != nullptr && attack.id != only) continue;
            const std::string why = not_so_alone(attack);
            tell(why.empty() ? find_out(attack, range) : Finding{attack.id, attack.attempt, "-", "-", "none", why});
        }
        for (const Attack& attack : attacks_on_a_lone_guest())
            if (only == nullptr || attack.id == only) tell(find_out(attack, range));
    };
    const auto become_lone = [] { return (::getuid() != 0 || become_ordinary()) && refuse_namespaces(); };
    if (::getuid() == 0) run_as("attacks, tier C, root", refuse_namespaces, attack_lone);
    run_as("attacks, tier C, an ordinary user", become_lone, attack_lone);
}
