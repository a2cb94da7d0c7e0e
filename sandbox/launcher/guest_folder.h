// sandbox/launcher/guest_folder.h: A folder on disk for a guest that has no memory of its own to write to, or a copy.
#pragma once

#include <string>
#include <utility>

#include "sandbox/fd.h"

namespace heddle::sandbox {

// Locked while this process holds it, and removed with all that is in it when this goes.
class GuestFolder {
 public:
    GuestFolder() = default;    // none
    static GuestFolder make();  // below /var/tmp; throws SetupError
    // Removes those of processes that were killed.
    static void sweep();

    GuestFolder(GuestFolder&& other) noexcept : path_(std::exchange(other.path_, "")), lock_(std::move(other.lock_)) {}
    GuestFolder& operator=(GuestFolder&& other) noexcept;
    ~GuestFolder() { remove(); }

    const std::string& path() const { return path_; }  // "" if there is none
    const Fd& lock() const { return lock_; }           // the folder; locked as long as any copy of this is open
    void remove();                                     // what cannot be removed stays for a later sweep

 private:
    std::string path_;
    Fd lock_;
};

// Removes a folder with all that is in it, as far as it can be.
void remove_folder(const std::string& path);

}  // namespace heddle::sandbox
