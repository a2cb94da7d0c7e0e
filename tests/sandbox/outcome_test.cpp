// tests/sandbox/outcome_test.cpp: Each ending has its exit status and its sentence.
#include "sandbox/outcome.h"

#include <doctest.h>

using heddle::sandbox::describe;
using heddle::sandbox::Outcome;
using Kind = heddle::sandbox::Outcome::Kind;

TEST_CASE("outcome: exit statuses are those that scripts expect") {
    CHECK(Outcome{Kind::exited, 7, ""}.exit_status() == 7);
    CHECK(Outcome{Kind::signaled, 11, ""}.exit_status() == 139);
    CHECK(Outcome{Kind::timed_out, 0, ""}.exit_status() == 124);
    CHECK(Outcome{Kind::out_of_memory, 0, ""}.exit_status() == 137);
    CHECK(Outcome{Kind::setup_failed, 0, ""}.exit_status() == 125);
    CHECK(Outcome{}.kind == Kind::setup_failed);
}

TEST_CASE("outcome: the sentence names the cause") {
    CHECK(describe({Kind::exited, 7, ""}) == "The command exited with status 7.");
    CHECK(describe({Kind::signaled, 11, ""}) == "The command was ended by signal 11 (Segmentation fault).");
    CHECK(describe({Kind::out_of_memory, 0, "64 MiB, polled"}) ==
          "The command was killed at its memory limit: 64 MiB, polled.");
    CHECK(describe({Kind::setup_failed, 0, "step 'proc': x"}).find("step 'proc': x") != std::string::npos);
}
