// tests/sandbox/attacks/attack.h: One row of the list of attacks: what is tried, what must be seen, the honest twin.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/sandbox/attacks/range.h"

namespace heddle::test {

struct Seen {
    bool as_expected = false;
    std::string shown;  // for the report: names of errors, or an ending
    std::string why;    // all that was said, where it is not as expected
};
using Act = std::function<Seen(Range&)>;

struct Attack {
    std::string id, attempt;
    Act act;
    Act honest;            // the nearest use that must work
    std::string remark{};  // not empty: a known hole, or which other test asks; says what happens
};

struct Expect {
    std::string out;                    // all of standard output
    std::vector<std::string> errors{};  // what standard error may name, as EPERM; at least one; empty: not asked
    sandbox::Outcome::Kind kind = sandbox::Outcome::Kind::exited;
    int code = 0;
};
using Adjust = std::function<void(sandbox::Policy&)>;

// Holds a result against what is expected of it.
Seen compare(const sandbox::Result& result, const Expect& expect);
Seen check_that(bool is_so, std::string shown, const sandbox::Result& result);

// A result that holds nothing but a text, for what is found out by other ways.
sandbox::Result said(const std::string& text);

// The names of the errors in a text of error messages, without repetition: "EPERM,EROFS".
std::vector<std::string> errors_in(const std::string& text);

// Scripts find $OUTSIDE (a folder of the host with canaries), $PORT (a server of the host's), $HOST_PID, $LAUNCHER.
Act bash(std::string script, Expect expect, Adjust adjust = {});
Act python(std::string script, Expect expect, Adjust adjust = {});
// Runs a program of tests/guests that prints lines "name errno", and asks that each of `names` got one of `errors`.
Act asks(const std::string& program, const std::vector<std::string>& names, const std::vector<std::string>& errors);

std::vector<Attack> attacks_on_files();
std::vector<Attack> attacks_on_the_workspace();
std::vector<Attack> attacks_at_commit();
std::vector<Attack> attacks_on_processes();
std::vector<Attack> attacks_on_limits();
std::vector<Attack> attacks_on_the_kernel();
std::vector<Attack> attacks_on_knobs();
std::vector<Attack> attacks_on_the_network();
std::vector<Attack> attacks_on_the_terminal();
std::vector<Attack> attacks_by_output();
std::vector<Attack> attacks_on_the_setup();

// A row that is not asked of the guests of a tier, or is asked by another row, and why.
struct Exception {
    std::string id, attempt;  // of all rows of a number, where it is empty
    std::string why;
};
using Exceptions = std::vector<Exception>;
std::string why_not_asked(const Attack& attack, const Exceptions& exceptions);  // "" if it is asked
std::vector<std::string> exceptions_without_row(const Exceptions& exceptions, const std::vector<Attack>& rows);

// Of guests that work on a copy, which is looked at when none of them runs.
Attack race_with_the_end_of_a_copy();

// Of guests without namespaces, and of those that bubblewrap makes.
const Exceptions& exceptions_of_a_lone_guest();
std::vector<Attack> attacks_on_a_lone_guest();
const Exceptions& exceptions_of_a_wrapped_guest();
std::vector<Attack> attacks_on_a_wrapped_guest();

}  // namespace heddle::test
