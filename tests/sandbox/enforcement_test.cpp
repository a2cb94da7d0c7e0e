// tests/sandbox/enforcement_test.cpp: A policy's words are held against what holds a guest.
#include "sandbox/enforcement.h"

#include <doctest.h>

using namespace heddle::sandbox;

TEST_CASE("enforcement: a layer is met by whoever holds it, and memory.hard by the kernel alone") {
    Enforcement held;
    CHECK(unmet({}, held) == std::nullopt);
    CHECK(unmet({"fs"}, held) == "fs");
    held[Layer::files] = Holder::kernel;
    held[Layer::memory] = Holder::supervised;
    CHECK(unmet({"fs", "memory"}, held) == std::nullopt);
    CHECK(unmet({"fs", "memory", "memory.hard"}, held) == "memory.hard");
    held[Layer::memory] = Holder::kernel;
    CHECK(unmet({"fs", "memory", "memory.hard"}, held) == std::nullopt);
    CHECK(unmet({"fs", "net"}, held) == "net");
}

TEST_CASE("enforcement: a word that nobody knows is never met") {
    Enforcement all;
    all.holders.fill(Holder::kernel);
    for (const auto word : require_names()) CHECK(unmet({std::string(word)}, all) == std::nullopt);
    CHECK(unmet({"fs", "magic"}, all) == "magic");
}

TEST_CASE("enforcement: each layer has a name of its own, which a policy may require") {
    CHECK(require_names().size() == layers_count + 1);
    for (std::size_t layer = 0; layer < layers_count; ++layer)
        CHECK(require_names().contains(name_of(static_cast<Layer>(layer))));
    CHECK(Tier::c < Tier::b);
    CHECK(Tier::b < Tier::a);
}
