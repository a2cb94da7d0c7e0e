// tests/sandbox/attacks/attack.cpp: Runs the script of a row and holds what it said against what is expected.
#include "tests/sandbox/attacks/attack.h"

#include <algorithm>
#include <cstring>
#include <sstream>
#include <utility>

namespace heddle::test {

using sandbox::Outcome;
using sandbox::Result;

namespace {

constexpr int errors_known[] = {EPERM,  ENOENT, ESRCH,  EACCES, EEXIST,      EXDEV,        EINVAL,       EFBIG,
                                ENOSPC, EROFS,  ENOSYS, EAGAIN, ENETUNREACH, ECONNREFUSED, EAFNOSUPPORT, E2BIG,
                                ENODEV, ENXIO,  EMFILE, EBUSY,  ETXTBSY,     EDQUOT,       EOPNOTSUPP,   ENOMEM};

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const auto& word : words) text += (text.empty() ? "" : ",") + word;
    return text;
}

bool is_one_of(const std::string& word, const std::vector<std::string>& words) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

bool are_allowed(const std::vector<std::string>& found, const std::vector<std::string>& allowed) {
    return !found.empty() &&
           std::all_of(found.begin(), found.end(), [&](const auto& each) { return is_one_of(each, allowed); });
}

std::string ending(const Outcome& outcome) {
    switch (outcome.kind) {
        case Outcome::Kind::exited:
            return outcome.code == 0 ? "exit 0" : "exit " + std::to_string(outcome.code);
        case Outcome::Kind::signaled:
            return "signal " + std::to_string(outcome.code);
        case Outcome::Kind::timed_out:
            return "timed out";
        case Outcome::Kind::cpu_exceeded:
            return "cpu limit";
        case Outcome::Kind::out_of_memory:
            return "memory limit";
        case Outcome::Kind::output_exceeded:
            return "output limit";
        case Outcome::Kind::cancelled:
            return "cancelled";
        case Outcome::Kind::setup_failed:
            return "setup failed";
    }
    return "unknown";
}

Act run(std::vector<std::string> program, Expect expect, Adjust adjust) {
    return [program = std::move(program), expect = std::move(expect), adjust = std::move(adjust)](Range& range) {
        if (adjust) adjust(range.policy);
        return compare(range.run(program), expect);
    };
}

}  // namespace

std::vector<std::string> errors_in(const std::string& text) {
    std::vector<std::string> found;
    for (const int error : errors_known) {
        const std::string name = ::strerrorname_np(error);
        if (text.find(std::strerror(error)) != text.npos || text.find(name) != text.npos) found.push_back(name);
    }
    return found;
}

Result said(const std::string& text) {
    Result result;
    result.outcome = {Outcome::Kind::exited, 0, ""};
    result.out.head = text;
    result.out.total_bytes = text.size();
    return result;
}

Seen check_that(bool is_so, std::string shown, const Result& result) {
    Seen seen{is_so, std::move(shown), ""};
    if (!is_so) seen.why = describe(result.outcome) + "\n" + result.out.text() + result.err.text();
    return seen;
}

Seen compare(const Result& result, const Expect& expect) {
    const auto errors = errors_in(result.err.text());
    const bool ends_so = result.outcome.kind == expect.kind &&
                         (expect.kind != Outcome::Kind::exited || result.outcome.code == expect.code);
    const bool says_so = expect.errors.empty() || are_allowed(errors, expect.errors);
    const bool is_so = ends_so && says_so && result.out.text() == expect.out;
    return check_that(is_so, expect.errors.empty() ? ending(result.outcome) : joined(errors), result);
}

Act bash(std::string script, Expect expect, Adjust adjust) {
    return run({"bash", "-c", std::move(script)}, std::move(expect), std::move(adjust));
}

Act python(std::string script, Expect expect, Adjust adjust) {
    return run({"python3", "-c", std::move(script)}, std::move(expect), std::move(adjust));
}

Act asks(const std::string& program, const std::vector<std::string>& names, const std::vector<std::string>& errors) {
    return [=](Range& range) {
        range.add_guest(program);
        const Result result = range.run({"./" + program});
        std::istringstream lines(result.out.text());
        std::vector<std::string> asked, got;
        std::string name;
        for (int error = 0; lines >> name >> error;) {
            if (!is_one_of(name, names)) continue;
            asked.push_back(name);
            const std::string said = error == 0 ? "allowed" : ::strerrorname_np(error);
            if (!is_one_of(said, got)) got.push_back(said);
        }
        return check_that(asked.size() == names.size() && are_allowed(got, errors), joined(got), result);
    };
}

std::string why_not_asked(const Attack& attack, const Exceptions& exceptions) {
    for (const Exception& each : exceptions)
        if (each.id == attack.id && (each.attempt.empty() || each.attempt == attack.attempt)) return each.why;
    return "";
}

std::vector<std::string> exceptions_without_row(const Exceptions& exceptions, const std::vector<Attack>& rows) {
    std::vector<std::string> lost;
    for (const Exception& each : exceptions)
        if (std::none_of(rows.begin(), rows.end(),
                         [&](const Attack& attack) { return !why_not_asked(attack, {each}).empty(); }))
            lost.push_back(each.id + " " + each.attempt);
    return lost;
}

}  // namespace heddle::test
