// tests/support/lone_place.h: A place where guests have no namespaces, as in a container, for the tests of tier C.
#pragma once

#include <doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>

#include "sandbox/sandbox.h"
#include "tests/support/child.h"
#include "tests/support/ordinary_user.h"
#include "tests/support/refuse_namespaces.h"
#include "tests/support/temp_folder.h"

namespace heddle::test {

inline bool become_ordinary_user() {
    return ::getuid() != 0 || become_ordinary();
}

// A process of its own where namespaces are refused, with a launcher and a workspace that holds "file".
class LonePlace {
 public:
    using Work = std::function<void(sandbox::Sandbox&, const sandbox::Policy&,
                                    const std::function<void(bool, const std::string&)>&)>;

    explicit LonePlace(const Work& work, bool as_ordinary_user = false,
                       const std::function<bool()>& change = refuse_namespaces) {
        std::ofstream(folder_.path() / "file") << "of the host\n";
        std::filesystem::copy_file(std::filesystem::path(HEDDLE_BINARY_DIR) / "heddle-launcher",
                                   programs_.path() / "heddle-launcher");
        for (const auto& path : {folder_.path(), programs_.path()}) REQUIRE(::chmod(path.c_str(), 0755) == 0);
        if (as_ordinary_user && ::getuid() == 0)
            for (const auto& path : {folder_.path(), folder_.path() / "file"})
                REQUIRE(::chown(path.c_str(), ordinary_user, ordinary_user) == 0);
        std::ofstream said(programs_.path() / "said");
        Child child([&](Child::Report) {
            if (as_ordinary_user && !become_ordinary_user()) ::_exit(5);
            if (!change()) ::_exit(5);
            sandbox::Policy policy;
            policy.workspace = folder_.path();
            policy.mode = sandbox::WorkspaceMode::cow;
            policy.tier = sandbox::Tier::c;
            try {
                sandbox::Sandbox box = sandbox::Sandbox::start(programs_.path() / "heddle-launcher");
                work(box, policy, [&](bool holds, const std::string& why) {
                    if (!holds) said << why << std::endl;
                });
            } catch (const std::exception& error) {
                said << error.what() << std::endl;
            }
        });
        CHECK(child.wait() == 0);
        std::ifstream in(programs_.path() / "said");
        const std::string text{std::istreambuf_iterator<char>(in), {}};
        CHECK_MESSAGE(text.empty(), text);
    }
    const std::filesystem::path& path() const { return folder_.path(); }

 private:
    TempFolder folder_, programs_;
};

inline sandbox::Result run(sandbox::Sandbox& box, const sandbox::Policy& policy, const std::string& script) {
    return box.run({{"bash", "-c", script}, "", {}, false}, policy);
}

inline std::string all_of(const sandbox::Result& result) {
    return describe(result.outcome) + "\n" + result.out.text() + result.err.text();
}

}  // namespace heddle::test
