// sandbox/launcher/trial.cpp: Throw-away children that take one step each and send back how it went.
#include "sandbox/launcher/trial.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <functional>

#include "sandbox/launcher/bubblewrap.h"
#include "sandbox/launcher/landlock.h"
#include "sandbox/launcher/mounts.h"
#include "sandbox/launcher/setup_error.h"
#include "sandbox/text_file.h"

namespace heddle::sandbox {

namespace {

using Work = std::function<std::string()>;  // returns the detail; throws if the layer is missing

std::string line(const char* name, const Work& work) {
    std::string present = "yes", detail;
    try {
        detail = work();
    } catch (const std::exception& error) {
        present = "no";
        detail = error.what();
    }
    for (char& c : detail)
        if (c == '\n' || c == '\t') c = ' ';
    return fmt::format("{}\t{}\t{}\n", name, present, detail);
}

// Runs `work` in a process of its own: in new namespaces, if there are any, with the ids of a guest.
std::string inside(const Identities& identities, std::uint64_t namespaces, const Work& work) {
    auto [ours, theirs] = make_socket_pair();
    const Clone child = namespaces == 0 ? fork_plainly() : clone_into(namespaces);
    if (child.pid == 0) {
        ours.reset();
        try {
            if (!receive_message(theirs.get())) ::_exit(1);
            if (namespaces != 0 && identities.has_range()) become_root_inside();
            send_message(theirs.get(), "+" + work());
        } catch (const std::exception& error) {
            send_message(theirs.get(), std::string("-") + error.what());
        }
        ::_exit(0);
    }
    theirs.reset();
    std::string answer;
    try {
        if (namespaces != 0) identities.write_maps(child.pid);
        send_message(ours.get(), "go");
        if (auto message = receive_message(ours.get())) answer = std::move(message->bytes);
    } catch (...) {
        kill_and_reap(child);
        throw;
    }
    kill_and_reap(child);
    if (answer.empty()) throw SetupError(Step::clone, "hear from a trial", ECHILD);
    if (answer[0] == '-') throw std::runtime_error(answer.substr(1));
    return answer.substr(1);
}

void mount_trial_proc() {
    check(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), Step::mounts, "cut the mounts off");
    mount_new("tmpfs", "/tmp", no_suid | no_devices, "mode=0755");
    check(::mkdir("/tmp/proc", 0755), Step::mounts, "make a folder");
    check(::chdir("/tmp"), Step::mounts, "enter a folder");
    mount_new("proc", "proc", no_suid | no_devices | no_exec, "");
}

std::string try_pid_max() {
    mount_trial_proc();
    const int error = write_text_at(AT_FDCWD, "proc/sys/kernel/pid_max", "512");
    if (error != 0) throw SetupError(Step::proc, "give the guest a pid_max of its own (Linux 6.14)", error);
    return "each guest has its own";
}

std::string try_owners(Ground& ground) {
    if (!ground.identities.has_range()) throw std::runtime_error("only root can make them; as a user none are needed");
    const Fd tree = clone_tree(AT_FDCWD, "/tmp", no_suid);
    map_owners(tree, ground.identities.workspace_owner(0, 0), "/tmp");
    return "tried on /tmp";
}

std::string guest_on_the_host(const Identities& identities) {
    if (identities.has_range()) return fmt::format("guests are uid {} on the host", host_ids_first + guest_id);
    return fmt::format("guests are uid {} on the host, as you are", ::geteuid());
}

}  // namespace

void try_enclosure(const Identities& identities) {
    inside(identities, guest_namespaces(), [] {
        mount_trial_proc();
        return "";
    });
}

std::string try_layers(Ground& ground) {
    std::string lines;
    lines += line("user namespaces", [&] {
        return inside(ground.identities, CLONE_NEWUSER, [&] { return guest_on_the_host(ground.identities); });
    });
    lines += line("all namespaces", [&] {
        return inside(ground.identities, guest_namespaces(), [] { return "user, mount, pid, net, ipc, uts, cgroup"; });
    });
    lines += line("mounts", [&] {
        return inside(ground.identities, guest_namespaces(), [] {
            mount_trial_proc();
            return "tmpfs and a fresh /proc";
        });
    });
    lines += line("idmapped mounts", [&] { return try_owners(ground); });
    lines += line("landlock", [] {
        if (landlock_abi() == 0) throw SetupError(Step::landlock, "ask for its version", EOPNOTSUPP);
        return fmt::format("ABI {}", landlock_abi());
    });
    lines += line("seccomp", [&] { return fmt::format("a filter of {} instructions", ground.filter.size()); });
    lines += line("seccomp notices", [&] {
        return inside(ground.identities, 0, [&] {
            check(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), Step::seccomp, "give up new privileges");
            if (!apply_seccomp(ground.filter))
                throw std::runtime_error("no listener can be had: calls are refused all the same, but not told");
            return "refused calls are told";
        });
    });
    lines += line("pid_max", [&] { return inside(ground.identities, guest_namespaces(), try_pid_max); });
    lines += line("tier A", [&] {
        try_enclosure(ground.identities);
        return "namespaces and mounts of its own";
    });
    lines += line("tier B", [] {
        try_bubblewrap();
        return "namespaces and mounts that bubblewrap makes";
    });
    lines += line("tier C", [&] {
        if (landlock_abi() < landlock_abi_with_scopes)
            throw std::runtime_error("rules alone hold a guest from Landlock ABI 6 (Linux 6.12)");
        ground.identities.demand_other_than_root();
        return "rules alone: Landlock, seccomp and a copy of the workspace";
    });
    lines += line("cgroups", [&] {
        const std::string found = ground.cgroups.describe();
        if (found.empty()) throw std::runtime_error("none can be written: memory is polled instead");
        return found;
    });
    return lines;
}

}  // namespace heddle::sandbox
