// tests/sandbox/changes/protected_paths_test.cpp: Which paths make the host run or trust something, and which do not.
#include "sandbox/changes/protected_paths.h"

#include <doctest.h>

#include "sandbox/error.h"

using namespace heddle::sandbox::changes;

namespace {

std::string reason(const std::string& path, Change::Type type = Change::Type::file,
                   Change::Kind kind = Change::Kind::added, const std::vector<std::string>& globs = {}) {
    Change change;
    change.path = path;
    change.type = type;
    change.kind = kind;
    return ProtectedPaths(globs).reason(change);
}

}  // namespace

TEST_CASE("protected: what git runs or follows, at any depth") {
    for (const char* path :
         {".git/hooks/pre-commit", ".git/hooks", ".git/config", ".git/config.worktree", ".git/commondir",
          ".git/modules/lib/hooks/x", ".git/modules/a/b/config", ".git/modules/a/modules/b/config.worktree",
          ".git/worktrees/w/commondir", ".git/worktrees/w/gitdir", ".git/worktrees/w/config.worktree",
          ".git/info/attributes", ".git/objects/info/alternates", ".git/rebase-merge/git-rebase-todo",
          ".git/remotes/origin", "sub/.git/config", "sub/.git", ".git"}) {
        INFO(std::string(path));
        CHECK(reason(path).substr(0, 3) == "git");
    }
    CHECK(reason(".git", Change::Type::link) != "");
    CHECK(reason(".git", Change::Type::folder, Change::Kind::deleted) != "");
    CHECK(reason(".git", Change::Type::file, Change::Kind::type_changed) != "");
    for (const char* path :
         {".git/objects/ab/cdef", ".git/index", ".git/HEAD", ".git/refs/heads/main", ".git/refs/heads/hooks",
          ".git/logs/HEAD", ".git/packed-refs", ".git/ORIG_HEAD", ".git/COMMIT_EDITMSG", ".git/info/exclude",
          ".git/modules/lib/index", ".gitignore", ".gitattributes", ".gitmodules", "src/config", "hooks/x"}) {
        INFO(std::string(path));
        CHECK(reason(path) == "");
    }
    CHECK(reason(".git", Change::Type::folder) == "");
}

TEST_CASE("protected: start files at the root, editors' and agents' files at any depth") {
    for (const char* path : {".bashrc",
                             ".bash_profile",
                             ".profile",
                             ".zshenv",
                             ".envrc",
                             "a/.envrc",
                             ".vscode/tasks.json",
                             "a/b/.vscode/settings.json",
                             ".idea/x/y.xml",
                             ".mcp.json",
                             ".claude/settings.json",
                             ".codex/config.toml",
                             ".cursor/rules/x",
                             "AGENTS.md",
                             "sub/CLAUDE.md",
                             ".heddle/x",
                             "heddle.toml",
                             "x.code-workspace",
                             ".devcontainer/devcontainer.json",
                             ".ssh/config"}) {
        INFO(std::string(path));
        CHECK(reason(path) != "");
    }
    for (const char* path : {"home/.bashrc", "bashrc", ".vscode/extensions.json", "AGENTS.md.txt", "claude",
                             "src/agents.c", "idea/x", ".github/workflows/ci.yml", "Makefile"}) {
        INFO(std::string(path));
        CHECK(reason(path) == "");
    }
    // The folder itself is nothing, unless it takes something's place or is a link.
    CHECK(reason(".claude", Change::Type::folder) == "");
    CHECK(reason(".claude", Change::Type::link) != "");
    CHECK(reason(".claude/hooks", Change::Type::folder) != "");
}

TEST_CASE("protected: other spellings that a file system takes for the same name") {
    for (const char* path : {".GIT/Config", ".Git/HOOKS/x", ".g\xe2\x80\x8cit/config", ".git\xef\xbb\xbf/hooks/a",
                             ".git./config", ".git /config", "GIT~1/config", ".git::$INDEX_ALLOCATION/config",
                             ".v\u017fcode/tasks.json", "agents.MD", ".BashRC"}) {
        INFO(std::string(path));
        CHECK(reason(path) != "");
    }
    CHECK(folded("Kelvin \xe2\x84\xaa.") == "kelvin k");
    CHECK(reason(".gitx/config") == "");
}

TEST_CASE("protected: a policy's globs are anchored, cover what is below, and must lie in the workspace") {
    const std::vector<std::string> globs = {"deploy/", "**/.env", "infra/*.TF"};
    const auto policy = [&](const char* path) { return reason(path, Change::Type::file, Change::Kind::added, globs); };
    for (const char* path : {"deploy", "deploy/a/b", ".env", "x/y/.env", "infra/main.tf", "Deploy/x"}) {
        INFO(std::string(path));
        CHECK(policy(path) == "by the policy");
    }
    for (const char* path : {"x/deploy/a", ".env2", "infra/sub/main.tf", "deployment"}) {
        INFO(std::string(path));
        CHECK(policy(path) == "");
    }
    for (const char* glob : {"", "/etc", "../x", "a/../b"}) {
        INFO(std::string(glob));
        CHECK_THROWS_AS(ProtectedPaths({glob}), heddle::sandbox::Error);
    }
}
