// tests/runtime/trajectory_branch_test.cpp: A branch goes on record whole or not at all, whenever its writer dies.
#include <doctest.h>

#include <array>
#include <chrono>
#include <random>
#include <thread>

#include "runtime/error.h"
#include "runtime/store/trajectory.h"
#include "tests/support/child.h"
#include "tests/support/temp_folder.h"

using namespace heddle;
using prompts::Role;

namespace {

constexpr std::size_t messages = 12;  // of each branch
constexpr std::array<TokenId, 3> ids{1, 2, 3};
const std::array<Rendered, 2> rendered{{{ids, "one", {}}, {ids, "two", true}}};

std::vector<NewNode> branch() {
    prompts::Message message;
    message.content = std::string(300, 'x');
    return std::vector<NewNode>(messages, {Role::user, message, rendered, {}});
}

}  // namespace

TEST_CASE("trajectory: a branch that cannot be recorded to its end leaves nothing of itself") {
    test::TempFolder folder;
    auto trajectory = Trajectory::create(folder.path() / "s.db", {"/w", "pocket", "", "until_user"});
    auto chain = branch();
    chain.back().copied_from = 99'999;  // there is no such node
    CHECK_THROWS_WITH_AS(trajectory.add_nodes({}, chain), doctest::Contains("FOREIGN KEY"), Error);
    CHECK(trajectory.replay().nodes.empty());
    chain.back().copied_from.reset();
    const auto made = trajectory.add_nodes({}, chain);
    const auto history = trajectory.replay();
    CHECK(history.path_to(made.back()) == made);
    CHECK(trajectory.add_nodes({}, {}).empty());
}

TEST_CASE("trajectory: killed at any moment while it writes branches, each is there whole or not at all") {
    test::TempFolder folder;
    const auto file = folder.path() / "s.db";
    const std::string id = Trajectory::create(file, {"/w", "pocket", "", "until_user"}).id();
    std::mt19937 random(9);
    for (int round = 0; round < 25; ++round) {
        INFO("round ", round);
        test::Child child([&](auto report) {
            auto trajectory = Trajectory::open(file, id);
            const auto chain = branch();
            for (;;) report(trajectory.add_nodes({}, chain).back());
        });
        child.next();
        std::this_thread::sleep_for(std::chrono::microseconds(random() % 10'000));
        child.kill();
        const auto told = child.told();
        const auto history = read_session(file, id);
        REQUIRE(history.nodes.size() % messages == 0);
        for (const auto& node : history.nodes) REQUIRE(node.ids().size() == rendered.size() * ids.size());
        if (!told.empty()) CHECK(history.path_to(told.back()).size() == messages);
    }
}
