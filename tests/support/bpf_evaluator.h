// tests/support/bpf_evaluator.h: Runs a seccomp program as the kernel does, over any call that a test can think of.
#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <stdexcept>
#include <string>

namespace heddle::test {

// The answer of `program` (SECCOMP_RET_*). Knows the instructions that libseccomp emits, which only look at one word
// of the call, mask it, compare it and jump ahead; throws for any other, and for a program that the kernel refuses to
// load (net/core/filter.c: bpf_check_classic, kernel/seccomp.c: seccomp_check_filter).
inline std::uint32_t evaluate(std::span<const sock_filter> program, const seccomp_data& call) {
    const auto refuse = [](const std::string& why, std::size_t at) {
        throw std::runtime_error("instruction " + std::to_string(at) + " of the filter " + why);
    };
    if (program.empty() || program.size() > BPF_MAXINSNS) refuse("count is out of bounds", program.size());
    std::uint32_t accumulator = 0;
    for (std::size_t at = 0;; ++at) {
        if (at >= program.size()) refuse("lies behind the end", at);
        const auto& [code, if_true, if_false, k] = program[at];
        const auto jump = [&](bool holds) { at += holds ? if_true : if_false; };
        switch (code) {
            case BPF_LD | BPF_W | BPF_ABS:
                if (k % sizeof accumulator != 0 || k >= sizeof call) refuse("reads outside of the call", at);
                std::memcpy(&accumulator, reinterpret_cast<const char*>(&call) + k, sizeof accumulator);
                break;
            case BPF_ALU | BPF_AND | BPF_K:
                accumulator &= k;
                break;
            case BPF_JMP | BPF_JA:
                at += k;
                break;
            case BPF_JMP | BPF_JEQ | BPF_K:
                jump(accumulator == k);
                break;
            case BPF_JMP | BPF_JGT | BPF_K:
                jump(accumulator > k);
                break;
            case BPF_JMP | BPF_JGE | BPF_K:
                jump(accumulator >= k);
                break;
            case BPF_RET | BPF_K:
                return k;
            default:
                refuse("is of a kind that this evaluator does not know: " + std::to_string(code), at);
        }
    }
}

// 0: the kernel goes on with the call; else the errno of the refusal, also of one that a listener gives. Throws for an
// answer of another kind.
inline int errno_of(std::span<const sock_filter> program, const seccomp_data& call) {
    const std::uint32_t answer = evaluate(program, call);
    if (answer == SECCOMP_RET_ALLOW) return 0;
    const std::uint32_t action = answer & SECCOMP_RET_ACTION_FULL;
    if ((action != SECCOMP_RET_ERRNO && action != SECCOMP_RET_USER_NOTIF) || (answer & SECCOMP_RET_DATA) == 0)
        throw std::runtime_error("the filter answers " + std::to_string(answer) + ", neither allow nor an errno");
    return static_cast<int>(answer & SECCOMP_RET_DATA);
}

// Whether the kernel hands the call to a listener.
inline bool is_handed_up(std::span<const sock_filter> program, const seccomp_data& call) {
    return (evaluate(program, call) & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_USER_NOTIF;
}

}  // namespace heddle::test
