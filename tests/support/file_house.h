// tests/support/file_house.h: A workspace with a policy of its own, and the file tools on it.
#pragma once

#include <fcntl.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>

#include "tests/support/tool_house.h"
#include "tools/workspace.h"

namespace heddle::test {

struct FileHouse {
    TempFolder temp;
    std::filesystem::path root = temp.path() / "work";
    sandbox::Policy policy;

    explicit FileHouse(const std::filesystem::path& above = std::filesystem::temp_directory_path()) : temp(above) {
        std::filesystem::create_directories(root);
        policy.workspace = root;
    }

    tools::ToolResult call(const std::string& name, prompts::Json arguments) const {
        tools::Workbench bench(shared_sandbox(), policy);
        tools::Dispatcher dispatcher({bench});
        tools::add_tools(dispatcher, {name});
        prompts::ToolCall call;
        call.name = name;
        call.arguments = std::move(arguments);
        return dispatcher.call(call, {});
    }
    std::string text(const std::string& name, prompts::Json arguments) const {
        return call(name, std::move(arguments)).text;
    }
    tools::ToolResult edit(const std::string& path, const std::string& from, const std::string& to) const {
        return call("edit_file", {{"path", path}, {"old_string", from}, {"new_string", to}});
    }
    tools::ToolResult patch(const std::string& text) const { return call("apply_patch", {{"patch", text}}); }

    tools::Workspace workspace() const {
        return tools::Workspace(policy, sandbox::Fd(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)));
    }

    void put(const std::string& name, const std::string& bytes) const {
        std::filesystem::create_directories((root / name).parent_path());
        std::ofstream(root / name, std::ios::binary) << bytes;
    }
    std::string bytes(const std::string& name) const {
        std::ifstream in(root / name, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    }
    bool has(const std::string& name) const { return std::filesystem::exists(root / name); }
    std::size_t entries(const std::string& name = ".") const {
        const std::filesystem::directory_iterator all(root / name);
        return static_cast<std::size_t>(std::distance(begin(all), end(all)));
    }
};

// Where a thousand files are on disk at once, if there is such a place.
inline std::filesystem::path fast_folder() {
    const std::filesystem::path memory = "/dev/shm";
    return std::filesystem::is_directory(memory) ? memory : std::filesystem::temp_directory_path();
}

inline bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace heddle::test
