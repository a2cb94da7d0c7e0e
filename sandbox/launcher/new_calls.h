// sandbox/launcher/new_calls.h: Calls newer than the libraries of Debian 12; the numbers are the same everywhere.
#pragma once

namespace heddle::sandbox {

inline constexpr int call_quotactl_fd = 443, call_memfd_secret = 447, call_fchmodat2 = 452, call_open_tree_attr = 467;

}  // namespace heddle::sandbox
