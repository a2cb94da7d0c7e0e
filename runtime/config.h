// runtime/config.h: What the user has settled beforehand: defaults, then the file, then the environment; flags come
// later.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "prompts/retention.h"
#include "tools/approvals.h"
#include "tools/tool_set.h"

namespace heddle {

// Null for what is not set, as getenv().
using Environment = std::function<const char*(const char* name)>;

// Where things lie. HEDDLE_HOME holds all of them when it is set; else the XDG folders do.
struct Paths {
    std::filesystem::path config_file;  // config.toml; may be missing
    std::filesystem::path store;        // the database of sessions; made when it is needed
    std::filesystem::path history;      // lines typed in conversations
    std::filesystem::path outputs;      // folders of outputs too long for the model, one a session
    std::filesystem::path documents;    // the index of documents, beside the store; `heddle index` makes it
};

// Throws Error when neither HEDDLE_HOME, the XDG variables nor HOME say where.
Paths find_paths(const Environment& environment);
Paths find_paths();  // of this process

// Every key of the file by its name here, and in the environment as HEDDLE_<KEY>: HEDDLE_TOP_P.
struct Config {
    std::optional<std::filesystem::path> model;  // a checkpoint's folder; none: the embedded one
    std::string backend = "cpu";                 // cpu, or reference
    int threads = 0;                             // 0: one per core that this process may use
    std::optional<double> temperature, top_p;    // none: as the checkpoint says
    std::optional<std::uint64_t> seed;           // none: by chance
    bool thinking = true;
    prompts::Retention retention = prompts::Retention::until_user;  // as DeepSeek-V3.2 was trained
    int steps = 50;                                                 // of a turn; a longer task has lost its way
    std::int64_t tokens = 200'000;                                  // generated in a turn
    std::int64_t time = 3600;                                       // seconds of a turn
    int reply_tokens = 4096;                                        // of one step; a longer reply has lost its way
    std::vector<std::string> tools = tools::standard_tools();       // that the model may call
    tools::CallRules rules;  // keys allow, ask, deny; and approval: "ask", or "allow" for calls that no rule names
    std::string search = "local";  // what the tool search asks: the index of documents; or "searxng", or "brave"
    std::string search_url;        // of the server; none: of brave its own
    std::string search_key;        // of brave; shown nowhere
};

// Throws Error for a file that cannot be read, an unknown key or a value out of bounds, with its line or its variable.
Config load_config(const Paths& paths, const Environment& environment);
Config load_config();  // of this process

}  // namespace heddle
