// sandbox/launcher/blocked_calls.h: The refused calls that are told, each with its words.
#pragma once

#include <linux/seccomp.h>

#include <string>
#include <string_view>

namespace heddle::sandbox {

// Calls that are rare in honest work, so that whoever makes one wants to know why it failed. What programs ask as a
// matter of course, and do without, is refused without a word.
bool is_told(int call);

// Of a call that is told, what the filter refuses it with.
int errno_of_told(const seccomp_data& call);

// `blocked mount(2) by "mount": the sandbox gives no mounts`; a program's name may hold anything.
std::string line_of_told(int call, std::string_view program);

}  // namespace heddle::sandbox
