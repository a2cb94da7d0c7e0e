// tests/sandbox/id_map_test.cpp: No map gives a guest the host's root, and every owner becomes the guest.
#include "sandbox/id_map.h"

#include <doctest.h>

#include <set>
#include <sstream>
#include <string>
#include <vector>

using namespace heddle::sandbox;

namespace {

struct Line {
    std::uint64_t inside, outside, count;
};

std::vector<Line> lines(const std::string& map) {
    std::vector<Line> all;
    std::istringstream in(map);
    for (Line line{}; in >> line.inside >> line.outside >> line.count;) all.push_back(line);
    return all;
}

}  // namespace

TEST_CASE("id_map: the workspace's owner is the guest, nobody is root, no id is mapped twice") {
    for (const Id owner : {0u, 1u, 33u, 999u, 1000u, 1001u, 65534u, 65535u, 65536u, 4'000'000u}) {
        INFO(owner);
        std::set<std::uint64_t> inside, outside;
        std::uint64_t owner_is = 0;
        for (const auto& line : lines(workspace_map(owner))) {
            REQUIRE(line.count > 0);
            for (std::uint64_t i = 0; i < line.count; ++i) {
                CHECK(inside.insert(line.inside + i).second);
                CHECK(outside.insert(line.outside + i).second);
                if (line.inside + i == owner) owner_is = line.outside + i;
            }
        }
        CHECK(owner_is == host_ids_first + guest_id);
        for (Id id = 0; id < host_ids_count + 10; ++id) REQUIRE(in_workspace_map(id, owner) == inside.contains(id));
        CHECK(in_workspace_map(owner, owner));
        CHECK(*outside.begin() >= host_ids_first);
        CHECK(*outside.rbegin() < host_ids_first + host_ids_count);
    }
}

TEST_CASE("id_map: a range is covered only if all of it is") {
    CHECK(covers("         0          0 4294967295\n", 100000, 65536));
    CHECK(!covers("0 1000 1\n1 100000 65536\n", 100000, 65536));
    CHECK(!covers("0 0 100001\n", 100000, 65536));
    CHECK(!covers("", 0, 1));
    CHECK(zero_is_zero("0 0 1\n"));
    CHECK(!zero_is_zero("0 1000 1\n"));
}
