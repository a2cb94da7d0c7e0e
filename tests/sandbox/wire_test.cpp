// tests/sandbox/wire_test.cpp: Requests and notes survive the way, and broken ones are refused.
#include "sandbox/wire.h"

#include <doctest.h>

#include "sandbox/error.h"

using namespace heddle::sandbox;

namespace {

Request some_request() {
    Request request;
    request.command.argv = {"bash", "-c", "echo \xff\n", ""};
    request.command.environment = {{"A", "b=c"}, {"EMPTY", ""}};
    request.command.merge_output = true;
    request.policy.workspace = "/tmp/a b\n";
    request.policy.mode = WorkspaceMode::ro;
    request.policy.limits.memory_bytes = 12345678;
    request.policy.limits.wall = std::chrono::milliseconds(77);
    return request;
}

}  // namespace

TEST_CASE("wire: a request comes out as it went in") {
    const Request in = some_request(), out = decode_request(encode(in));
    CHECK(out.command.argv == in.command.argv);
    CHECK(out.command.environment == in.command.environment);
    CHECK(out.command.merge_output);
    CHECK(out.policy.workspace == in.policy.workspace);
    CHECK(out.policy.mode == WorkspaceMode::ro);
    CHECK(out.policy.limits.memory_bytes == 12345678);
    CHECK(out.policy.limits.wall.count() == 77);
    CHECK(out.policy.limits.output_bytes == Limits{}.output_bytes);
}

TEST_CASE("wire: a note comes out as it went in") {
    Note in;
    in.kind = Note::Kind::finished;
    in.memory = MemoryKeeper::cgroup2;
    in.wait_status = 0x0b00;
    in.cpu = std::chrono::microseconds(99);
    in.peak_bytes = 1 << 20;
    in.out_of_memory = true;
    in.text = "step 'x'\n";
    const Note out = decode_note(encode(in));
    CHECK(out.kind == in.kind);
    CHECK(out.memory == in.memory);
    CHECK(out.wait_status == in.wait_status);
    CHECK(out.cpu == in.cpu);
    CHECK(out.peak_bytes == in.peak_bytes);
    CHECK(out.out_of_memory);
    CHECK(out.text == in.text);
}

TEST_CASE("wire: a message that is cut anywhere, or has more behind it, is refused") {
    const std::string whole = encode(some_request());
    for (std::size_t size = 0; size < whole.size(); ++size)
        CHECK_THROWS_AS(decode_request(whole.substr(0, size)), Error);
    CHECK_THROWS_AS(decode_request(whole + "x"), Error);
    const std::string note = encode(Note{});
    for (std::size_t size = 0; size < note.size(); ++size) CHECK_THROWS_AS(decode_note(note.substr(0, size)), Error);
}

TEST_CASE("wire: zero bytes, relative workspaces and empty commands are refused") {
    Request request = some_request();
    request.command.argv[0] = std::string("a\0b", 3);
    CHECK_THROWS_AS(decode_request(encode(request)), Error);
    request = some_request();
    request.policy.workspace = "tmp";
    CHECK_THROWS_AS(decode_request(encode(request)), Error);
    request = some_request();
    request.command.argv.clear();
    CHECK_THROWS_AS(decode_request(encode(request)), Error);
    request = some_request();
    request.policy.limits.processes = -1;
    CHECK_THROWS_AS(decode_request(encode(request)), Error);
}
