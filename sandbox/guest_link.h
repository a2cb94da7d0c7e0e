// sandbox/guest_link.h: What this process holds of a guest: its socket, its PID 1, and how to see what it uses.
#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sandbox/fd.h"
#include "sandbox/wire.h"

namespace heddle::sandbox {

struct GuestLink {
    Fd control;                 // orders go, notes come; closing it ends the guest
    Fd pidfd;                   // of its first process; none before it is started
    Fd cgroup;                  // where one holds the memory limit
    Fd proc;                    // a /proc that shows it; none before its shelter stands
    Fd segments;                // a list of its System V segments, empty where it can have none
    Fd workspace;               // as the guest sees it, where its changes are kept apart
    Fd changes;                 // the upper folder, where they are by an overlay
    std::vector<Fd> listeners;  // for the proxy: HTTP, SOCKS5, names over UDP and TCP
    MemoryKeeper memory = MemoryKeeper::polled;
    std::optional<Enforcement> enforcement;          // once its shelter stands
    pid_t tree = 0;                                  // it is all below this process of `proc`; 0: all there
    std::map<std::string, std::string> environment;  // of all its commands, unless they say otherwise
    std::optional<Note> failed, ended;

    bool has_note() const;  // looks now
    // Takes the next note, if there is one. Throws Error when the launcher has ended.
    void take_note();

    // Takes notes until the view stands or cannot. Throws Error, also when the setup failed.
    void await_view();

    // Ends all its processes; until its PID 1 is known there is nothing to kill.
    void kill() const;

    // Asks it to end and waits until it is gone, a bounded time.
    void close();
};

// Sends an order for a command, with the descriptors of its streams. Returns the socket of its notes. Throws Error.
Fd send_order(const GuestLink& guest, const Order& order, std::span<const int> streams);

}  // namespace heddle::sandbox
