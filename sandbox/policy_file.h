// sandbox/policy_file.h: What a user allows to guests, as written in a TOML file outside of the workspace.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/enforcement.h"
#include "sandbox/net/rules.h"

namespace heddle::sandbox {

using Texts = std::vector<std::string>;

// Of a PolicyFile every field below is set; of a CommandRule only what the rule changes.

struct FsRules {
    enum class Workspace { ro, copy, cow, direct };  // the tightest first; copy and cow keep changes apart alike
    std::optional<Workspace> workspace;
    std::optional<Texts> read;   // absolute paths, beyond the system's programs and libraries
    std::optional<Texts> write;  // absolute paths; $WORKSPACE, and $TMP for what is private and goes with the guest
    std::optional<Texts> hide;   // patterns, from the workspace and what is read unless absolute; a rule only adds
    std::optional<Texts>
        protect;  // patterns whose changes are not committed; "default" is Heddle's list; added likewise
    std::optional<Texts> caches;  // of cache_names: private folders that stay from guest to guest
};

struct NetworkRules {
    enum class Mode { off, proxy, host };  // the tightest first
    std::optional<Mode> mode;
    std::optional<std::vector<NetRule>> allow;  // for the proxy
    std::optional<std::vector<NetRule>> deny;   // beats allow; a rule only adds to it
    // What is allowed may lead into this machine and its networks. Of the whole file alone, not of a rule.
    bool dangerously_allow_private = false;
};

struct LimitRules {
    std::optional<std::int64_t> wall_s, cpu_s, memory_mb, tasks, disk_mb, inodes, output_kb, files;
};

struct EnvRules {
    std::optional<Texts> pass;                              // variables of the host
    std::optional<std::map<std::string, std::string>> set;  // variables with their values
};

struct Permissions {
    FsRules fs;
    NetworkRules net;
    LimitRules limits;
    EnvRules env;
};

struct CommandRule {
    Texts match;  // the first words of a command; "*" is any one word
    Permissions changes;
    bool ask = false;            // before each such command, even if it is allowed no more than others
    bool tightens_only = false;  // of a meet of two policies: what it would widen is not to be had
};

struct PolicyFile {
    Tier tier = Tier::a;  // at least; a weaker sandbox has to be said
    std::set<std::string> require;
    Permissions permissions;
    std::vector<CommandRule> rules;

    PolicyFile();  // what holds where the file says nothing
};

// One limit: its key, its bounds, and its default with the reason.
struct LimitField {
    const char* key;
    std::optional<std::int64_t> LimitRules::*value;
    std::int64_t low, high, standard;
    const char* unit;
};
std::span<const LimitField> limit_fields();

std::span<const std::string_view> cache_names();  // what fs.caches may name

enum class PolicyOrigin { user_config, command_line };

struct PolicySource {
    PolicyOrigin origin = PolicyOrigin::user_config;
    std::filesystem::path file;       // absolute
    std::filesystem::path workspace;  // absolute; empty while there is none
    std::filesystem::path home;       // absolute; what "~" stands for; empty if there is none
};

// Throws Error with the line, the column, what is wrong and what is allowed.
PolicyFile parse_policy(std::string_view text, const PolicySource& source);

// Without the user's file the defaults hold; one of the command line must be there. Throws Error also for a file that
// a guest could write: on whose way lies the workspace or a folder of fs.write.
PolicyFile load_policy(const PolicySource& source);

}  // namespace heddle::sandbox
