// sandbox/launcher/seccomp_rules.cpp: libseccomp's program, with what the library cannot say put before it and into it.
#include "sandbox/launcher/seccomp_rules.h"

#include <linux/seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <iterator>

#include "sandbox/fd.h"
#include "sandbox/launcher/blocked_calls.h"
#include "sandbox/launcher/setup_error.h"

namespace heddle::sandbox {

namespace {

// Stands in the errno of a rule until the program is compiled: the library has one notice for all, and a notice that
// keeps its errno can be made a plain refusal again.
constexpr std::uint32_t told_mark = 0x800;

// The newest call that this list has judged: file_setattr, of Linux 6.17. Raise it only with a look at what is new.
constexpr std::uint32_t call_newest = 469;

void demand(int result) {
    if (result < 0) throw SetupError(Step::seccomp, "build the seccomp filter", -result);
}

}  // namespace

scmp_arg_cmp equals_int(unsigned argument, std::uint64_t value) {
    return {argument, SCMP_CMP_MASKED_EQ, int_mask, value & int_mask};
}

scmp_arg_cmp has_bits(unsigned argument, std::uint64_t bits) {
    return {argument, SCMP_CMP_MASKED_EQ, bits, bits};
}

std::vector<scmp_arg_cmp> ints_but(unsigned argument, std::uint64_t end, std::initializer_list<std::uint64_t> kept,
                                   std::uint64_t mask) {
    std::vector<scmp_arg_cmp> blocks;
    for (std::uint64_t first = 0; first < end;) {
        std::uint64_t size = first == 0 ? end : first & -first;  // the largest block that begins here
        const auto holds_kept = [&](std::uint64_t each) { return each >= first && each < first + size; };
        while (size > 0 && std::ranges::any_of(kept, holds_kept)) size /= 2;
        if (size > 0) blocks.push_back({argument, SCMP_CMP_MASKED_EQ, mask & ~(size - 1), first});
        first += std::max<std::uint64_t>(size, 1);
    }
    return blocks;
}

bool answers(const sock_filter& instruction, std::uint32_t action) {
    return instruction.code == (BPF_RET | BPF_K) && (instruction.k & SECCOMP_RET_ACTION_FULL) == action;
}

Rules::Rules() : context_(::seccomp_init(SCMP_ACT_ALLOW)) {
    if (!context_) throw SetupError(Step::seccomp, "start a seccomp filter", ENOMEM);
    // A call through another ABI (32 bits, x32) has other numbers and would walk past every rule.
    demand(::seccomp_attr_set(context_.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS)));
    demand(::seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2));
}

void Rules::deny(int call, int error, std::initializer_list<scmp_arg_cmp> when) {
    refuse(call, static_cast<std::uint32_t>(error) | (is_told(call) ? told_mark : 0), when);
}

void Rules::deny_silently(int call, int error, std::initializer_list<scmp_arg_cmp> when) {
    refuse(call, static_cast<std::uint32_t>(error), when);
}

void Rules::deny_all(std::initializer_list<int> calls, int error) {
    for (const int call : calls) deny(call, error);
}

void Rules::refuse(int call, std::uint32_t answer, std::initializer_list<scmp_arg_cmp> when) {
    if (call == __NR_SCMP_ERROR) return;
    const int result = ::seccomp_rule_add_array(context_.get(), SCMP_ACT_ERRNO(answer), call,
                                                static_cast<unsigned>(when.size()), when.begin());
    if (result != -EDOM) demand(result);  // this architecture has no such call
}

SeccompFilter Rules::compile() const {
    const Fd file(::memfd_create("seccomp", MFD_CLOEXEC));
    if (!file) throw SetupError(Step::seccomp, "make a file for the filter", errno);
    demand(::seccomp_export_bpf(context_.get(), file.get()));
    const off_t size = ::lseek(file.get(), 0, SEEK_END);
    SeccompFilter filter(static_cast<std::size_t>(size) / sizeof(sock_filter));
    if (::pread(file.get(), filter.data(), static_cast<std::size_t>(size), 0) != size || filter.empty())
        throw SetupError(Step::seccomp, "read the filter back", EIO);
    for (sock_filter& instruction : filter) {
        if (answers(instruction, SECCOMP_RET_ERRNO) && (instruction.k & told_mark) != 0)
            instruction.k = SECCOMP_RET_USER_NOTIF | (instruction.k & SECCOMP_RET_DATA & ~told_mark);
    }
    // The library cannot compare numbers, so this is put before its program. A kernel newer than the list answers
    // as an older one would; the same holds for x32, whose numbers are larger still, and for negative ones.
    const sock_filter newer_calls[] = {
        {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
        {BPF_JMP | BPF_JGT | BPF_K, 0, 1, call_newest},
        {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | ENOSYS},
    };
    filter.insert(filter.begin(), std::begin(newer_calls), std::end(newer_calls));
    return filter;
}

}  // namespace heddle::sandbox
