// tests/sandbox/changes/copy_house.h: A folder of the host and a copy of it that a "guest" works on.
#pragma once

#include <doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "sandbox/changes/commit.h"
#include "sandbox/changes/copy_tree.h"
#include "sandbox/changes/upper_of_copy.h"
#include "tests/support/temp_folder.h"

namespace heddle::test {

namespace changes = sandbox::changes;

class CopyHouse {
 public:
    CopyHouse() {
        for (const char* name : {"host", "copy", "upper", "journals"})
            std::filesystem::create_directory(folder_.path() / name);
        root = open("host");
        journals = open("journals");
        upper = open("upper");
    }
    std::filesystem::path host() const { return folder_.path() / "host"; }
    std::filesystem::path copy() const { return folder_.path() / "copy"; }
    std::filesystem::path aside() const { return folder_.path(); }
    void write(const std::string& name, const std::string& text) const {
        std::filesystem::create_directories((host() / name).parent_path());
        std::ofstream(host() / name, std::ios::binary) << text;
    }
    std::string read(const std::string& name) const {
        std::ifstream in(host() / name, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }

    // Copies the folder: what the host does from here on is its edit.
    void open_workspace(changes::Unreadable unreadable = changes::Unreadable::refused) {
        baseline = changes::Baseline::take();
        changes::copy_tree(root, open("copy"), {1u << 30, 100'000, unreadable, {}, &record});
        changes::Baseline::take().settle();
    }
    bool guest(const std::string& script) const { return run("cd '" + copy().native() + "' && " + script); }
    static bool run(const std::string& script) {
        const pid_t pid = ::fork();
        if (pid == 0) {
            ::execl("/bin/bash", "bash", "-ec", script.c_str(), nullptr);
            ::_exit(127);
        }
        int status = 0;
        ::waitpid(pid, &status, 0);
        return WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }
    // What the guest changed, once it has ended.
    std::vector<changes::Change> gather() {
        left = changes::upper_of_copy(open("copy"), record, upper);
        return changes::diff(upper, root, options.diff);
    }
    changes::CommitReport commit(const std::vector<changes::Change>& chosen) {
        return changes::commit(chosen, upper, root, journals, baseline, options);
    }

    sandbox::Fd upper, root, journals;
    changes::CopyRecord record;
    changes::Baseline baseline;
    changes::CommitOptions options;
    std::vector<std::string> left;

 private:
    sandbox::Fd open(const char* name) const {
        return sandbox::Fd(::open((folder_.path() / name).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    }
    TempFolder folder_;
};

}  // namespace heddle::test
