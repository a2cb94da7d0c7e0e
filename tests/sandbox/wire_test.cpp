// tests/sandbox/wire_test.cpp: Openings, orders and notes survive the way, and broken ones are refused.
#include "sandbox/wire.h"

#include <doctest.h>

#include "sandbox/error.h"

using namespace heddle::sandbox;

namespace {

Opening some_opening() {
    Opening opening;
    opening.policy.workspace = "/tmp/a b\n";
    opening.policy.mode = WorkspaceMode::cow;
    opening.policy.limits.memory_bytes = 12345678;
    opening.policy.limits.disk_bytes = 7654321;
    opening.policy.limits.disk_files = 4321;
    opening.policy.network = NetworkMode::proxy;
    opening.policy.tier = Tier::c;
    opening.policy.require = {"fs", "memory.hard"};
    opening.policy.limits.wall = std::chrono::milliseconds(77);
    opening.workspace_source = "/tmp/copy";
    opening.shares = {{"/opt/a", "/opt/link", true, 7, 1ull << 60}, {"/opt/b", "/opt/b", false, 1, 2}};
    opening.covers = {{"/tmp/a b\n/.env", Cover::Kind::empty_file}, {"/tmp/x", Cover::Kind::read_only}};
    opening.goes_on = true;
    return opening;
}

Order some_order() {
    Order order;
    order.command.argv = {"bash", "-c", "echo \xff\n", ""};
    order.command.environment = {{"A", "b=c"}, {"EMPTY", ""}};
    order.command.merge_output = true;
    order.command.terminal = TerminalSize{50, 132};
    order.command.is_talked_to = true;
    order.is_last = true;
    return order;
}

}  // namespace

TEST_CASE("wire: an opening comes out as it went in") {
    const Opening in = some_opening(), out = decode_opening(encode(in));
    CHECK(out.policy.workspace == in.policy.workspace);
    CHECK(out.policy.mode == WorkspaceMode::cow);
    CHECK(out.policy.limits.memory_bytes == 12345678);
    CHECK(out.policy.limits.disk_bytes == 7654321);
    CHECK(out.policy.limits.disk_files == 4321);
    CHECK(out.policy.network == NetworkMode::proxy);
    CHECK(out.policy.tier == Tier::c);
    CHECK(out.policy.require == in.policy.require);
    CHECK(out.workspace_source == in.workspace_source);
    CHECK(out.shares == in.shares);
    CHECK(out.covers == in.covers);
    CHECK(out.goes_on);
    CHECK(out.policy.limits.wall.count() == 77);
    CHECK(out.policy.limits.output_bytes == Limits{}.output_bytes);
}

TEST_CASE("wire: an order comes out as it went in, with a terminal or without") {
    const Order in = some_order(), out = decode_order(encode(in));
    CHECK(out.command.argv == in.command.argv);
    CHECK(out.command.environment == in.command.environment);
    CHECK(out.command.merge_output);
    REQUIRE(out.command.terminal);
    CHECK(out.command.terminal->rows == 50);
    CHECK(out.command.terminal->columns == 132);
    CHECK(out.command.is_talked_to);
    CHECK(out.is_last);
    Order plain = some_order();
    plain.command.terminal.reset();
    CHECK_FALSE(decode_order(encode(plain)).command.terminal);
}

TEST_CASE("wire: a rewind comes out as it went in") {
    const Rewind in{Rewind::Kind::go_back, 7, some_opening().covers};
    const Rewind out = decode_rewind(encode(in));
    CHECK(out.kind == Rewind::Kind::go_back);
    CHECK(out.snapshot == 7);
    CHECK(out.covers == in.covers);
    CHECK_THROWS_AS(decode_rewind(encode(in) + "x"), Error);
    CHECK_THROWS_AS(decode_rewind(encode(some_order())), Error);
}

TEST_CASE("wire: a note comes out as it went in") {
    Note in;
    in.kind = Note::Kind::finished;
    in.memory = MemoryKeeper::cgroup2;
    in.process = 77;
    in.wait_status = 0x0b00;
    in.met = Limit::disk;
    in.cpu = std::chrono::microseconds(99);
    in.peak_bytes = 1 << 20;
    in.out_of_memory = true;
    in.text = "step 'x'\n";
    in.enforcement.tier = Tier::b;
    in.enforcement[Layer::output] = Holder::supervised;
    in.tree = 4711;
    const Note out = decode_note(encode(in));
    CHECK(out.kind == in.kind);
    CHECK(out.memory == in.memory);
    CHECK(out.process == in.process);
    CHECK(out.wait_status == in.wait_status);
    CHECK(out.met == Limit::disk);
    CHECK(out.cpu == in.cpu);
    CHECK(out.peak_bytes == in.peak_bytes);
    CHECK(out.out_of_memory);
    CHECK(out.text == in.text);
    CHECK(out.enforcement == in.enforcement);
    CHECK(out.tree == 4711);
}

TEST_CASE("wire: a message that is cut anywhere, or has more behind it, or is another one, is refused") {
    const std::string opening = encode(some_opening()), order = encode(some_order()), note = encode(Note{});
    for (std::size_t size = 0; size < opening.size(); ++size)
        CHECK_THROWS_AS(decode_opening(opening.substr(0, size)), Error);
    for (std::size_t size = 0; size < order.size(); ++size) CHECK_THROWS_AS(decode_order(order.substr(0, size)), Error);
    for (std::size_t size = 0; size < note.size(); ++size) CHECK_THROWS_AS(decode_note(note.substr(0, size)), Error);
    CHECK_THROWS_AS(decode_opening(opening + "x"), Error);
    CHECK_THROWS_AS(decode_order(order + "x"), Error);
    CHECK_THROWS_AS(decode_order(opening), Error);
    CHECK_THROWS_AS(decode_opening(order), Error);
}

TEST_CASE("wire: zero bytes, relative workspaces, empty commands and numbers out of range are refused") {
    Order order = some_order();
    order.command.argv[0] = std::string("a\0b", 3);
    CHECK_THROWS_AS(decode_order(encode(order)), Error);
    order = some_order();
    order.command.argv.clear();
    CHECK_THROWS_AS(decode_order(encode(order)), Error);
    Opening opening = some_opening();
    opening.policy.workspace = "tmp";
    CHECK_THROWS_AS(decode_opening(encode(opening)), Error);
    opening = some_opening();
    opening.policy.limits.processes = -1;
    CHECK_THROWS_AS(decode_opening(encode(opening)), Error);
    opening = some_opening();
    opening.policy.mode = static_cast<WorkspaceMode>(4);
    CHECK_THROWS_AS(decode_opening(encode(opening)), Error);
    Note note;
    note.met = static_cast<Limit>(3);
    CHECK_THROWS_AS(decode_note(encode(note)), Error);
}

TEST_CASE("wire: places that are relative or climb, unknown covers, and more mounts than may be are refused") {
    const auto is_refused = [](void (*spoil)(Opening&)) {
        Opening opening = some_opening();
        spoil(opening);
        CHECK_THROWS_AS(decode_opening(encode(opening)), Error);
    };
    is_refused([](Opening& opening) { opening.workspace_source = "copy"; });
    is_refused([](Opening& opening) { opening.policy.workspace = "/a/../b"; });
    is_refused([](Opening& opening) { opening.shares[0].source = "opt"; });
    is_refused([](Opening& opening) { opening.shares[1].place = "/opt/../etc"; });
    is_refused([](Opening& opening) { opening.shares[1].place = std::string("/opt\0/x", 7); });
    is_refused([](Opening& opening) { opening.covers[0].place = "../x"; });
    is_refused([](Opening& opening) { opening.covers[0].kind = static_cast<Cover::Kind>(4); });
    is_refused([](Opening& opening) { opening.shares.resize(shares_max + 1, opening.shares[0]); });
    is_refused([](Opening& opening) { opening.covers.resize(covers_max + 1, opening.covers[0]); });
}
