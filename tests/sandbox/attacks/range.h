// tests/sandbox/attacks/range.h: A place to be attacked: canaries on the host, servers that record, a fresh workspace.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sandbox/sandbox.h"
#include "tests/support/temp_folder.h"

namespace heddle::test {

class Range {
 public:
    // `programs` holds heddle-launcher and the programs of tests/guests. Sets HOME and secrets of this process.
    explicit Range(std::filesystem::path programs);
    Range(const Range&) = delete;
    ~Range();

    // Before each act: an empty workspace and the default policy with it, or, in tier C, one that can be kept.
    void refresh();

    sandbox::Command command(std::vector<std::string> argv) const;  // with the variables and the marker of this range
    sandbox::Result run(std::vector<std::string> argv);
    sandbox::Result bash(const std::string& script) { return run({"bash", "-c", script}); }
    void add_guest(const std::string& name) const;
    std::filesystem::path work() const { return policy.workspace; }
    std::string read(const std::string& name) const;
    std::filesystem::path launcher() const { return programs_ / "heddle-launcher"; }
    int port() const { return port_; }

    // What a guest did to the host since this was made: "" if nothing.
    std::string damage();

    sandbox::Tier tier = sandbox::Tier::a;  // that its guests are asked for
    sandbox::Policy policy;
    std::unique_ptr<sandbox::Sandbox> sandbox;

 private:
    struct Server {
        std::string name;
        int socket;
    };
    void listen();
    std::map<std::string, std::string> host_state() const;
    bool anybody_came();
    std::vector<std::string> left_running() const;

    std::filesystem::path programs_;
    TempFolder folder_;  // of the host; only `work` below it is the guest's
    std::string marker_;
    std::vector<Server> servers_;
    int port_ = 0;
    std::map<std::string, std::string> before_;
};

}  // namespace heddle::test
