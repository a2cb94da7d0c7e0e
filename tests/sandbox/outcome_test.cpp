// tests/sandbox/outcome_test.cpp: Each ending has its exit status and its sentence.
#include "sandbox/outcome.h"

#include <doctest.h>

using heddle::sandbox::describe;
using heddle::sandbox::end_of;
using heddle::sandbox::Limit;
using heddle::sandbox::Outcome;
using Kind = heddle::sandbox::Outcome::Kind;

TEST_CASE("outcome: exit statuses are those that scripts expect") {
    CHECK(Outcome{Kind::exited, 7, ""}.exit_status() == 7);
    CHECK(Outcome{Kind::signaled, 11, ""}.exit_status() == 139);
    CHECK(Outcome{Kind::timed_out, 0, ""}.exit_status() == 124);
    CHECK(Outcome{Kind::out_of_memory, 0, ""}.exit_status() == 137);
    CHECK(Outcome{Kind::output_exceeded, 0, ""}.exit_status() == 137);
    CHECK(Outcome{Kind::setup_failed, 0, ""}.exit_status() == 125);
    CHECK(Outcome{Kind::exited, 7, "60", Limit::tasks}.exit_status() == 7);
    CHECK(Outcome{}.kind == Kind::setup_failed);
}

TEST_CASE("outcome: the sentence names the cause") {
    CHECK(describe({Kind::exited, 7, ""}) == "The command exited with status 7.");
    CHECK(describe({Kind::signaled, 11, ""}) == "The command was ended by signal 11 (Segmentation fault).");
    CHECK(describe({Kind::out_of_memory, 0, "64 MiB, polled"}) ==
          "The command was killed at its memory limit: 64 MiB, polled.");
    CHECK(describe({Kind::setup_failed, 0, "step 'proc': x"}).find("step 'proc': x") != std::string::npos);
}

TEST_CASE("outcome: a limit that was met is named, and the status stays the command's own") {
    CHECK(describe({Kind::exited, 7, "60", Limit::tasks}) ==
          "The command exited with status 7 after it had met its limit of processes: 60.");
    CHECK(describe({Kind::signaled, 25, "6 MiB a file", Limit::disk}) ==
          "The command was ended by signal 25 (File size limit exceeded) after it had met its limit of disk: 6 MiB a "
          "file.");
}

TEST_CASE("outcome: each end has one word") {
    const std::pair<Outcome, std::string> ends[] = {{{Kind::exited, 0, ""}, "exited"},
                                                    {{Kind::exited, 7, ""}, "exited"},
                                                    {{Kind::signaled, 11, ""}, "signal"},
                                                    {{Kind::signaled, 31, ""}, "denied"},
                                                    {{Kind::timed_out, 0, ""}, "wall"},
                                                    {{Kind::cpu_exceeded, 0, ""}, "cpu"},
                                                    {{Kind::out_of_memory, 0, ""}, "memory"},
                                                    {{Kind::output_exceeded, 0, ""}, "output"},
                                                    {{Kind::cancelled, 0, ""}, "cancelled"},
                                                    {{Kind::setup_failed, 0, ""}, "setup"},
                                                    {{Kind::exited, 7, "", Limit::tasks}, "tasks"},
                                                    {{Kind::signaled, 25, "", Limit::disk}, "disk"}};
    for (const auto& [outcome, word] : ends) CHECK(end_of(outcome) == word);
}
