// sandbox/launcher/seccomp_rules.h: A deny list as libseccomp's rules, and the program that they become.
#pragma once

#include <linux/filter.h>
#include <seccomp.h>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <vector>

#include "sandbox/launcher/seccomp.h"

namespace heddle::sandbox {

// Conditions on an argument. What the kernel takes as int is compared under a mask of 32 bits: libseccomp compares 64,
// and a caller may set the upper ones at will.
scmp_arg_cmp equals_int(unsigned argument, std::uint64_t value);
scmp_arg_cmp has_bits(unsigned argument, std::uint64_t bits);

inline constexpr std::uint64_t int_mask = 0xffff'ffff;

// All numbers below `end`, a power of two, but `kept`, as a condition for each aligned block of them: the kernel
// compiles the program anew for every command, and a number alone costs it as much as a block.
std::vector<scmp_arg_cmp> ints_but(unsigned argument, std::uint64_t end, std::initializer_list<std::uint64_t> kept,
                                   std::uint64_t mask = int_mask);

// Whether the instruction ends the program with this action, whatever its data.
bool answers(const sock_filter& instruction, std::uint32_t action);

// All may throw SetupError.
class Rules {
 public:
    Rules();

    // Refuses the call with an errno, where all of `when` hold; and where is_told() says so, by a notice. A call that
    // this architecture does not have is passed by.
    void deny(int call, int error, std::initializer_list<scmp_arg_cmp> when = {});
    void deny_silently(int call, int error, std::initializer_list<scmp_arg_cmp> when = {});  // without a notice
    void deny_all(std::initializer_list<int> calls, int error);

    SeccompFilter compile() const;

 private:
    struct Release {
        void operator()(void* context) const { ::seccomp_release(context); }
    };
    void refuse(int call, std::uint32_t answer, std::initializer_list<scmp_arg_cmp> when);

    std::unique_ptr<void, Release> context_;
};

}  // namespace heddle::sandbox
