// engine/cpu/kernels.cpp: Asks the processor what it has; a further instruction set is a further line here.
#include "engine/cpu/kernels.h"

namespace heddle::engine {

const Kernels& best_kernels() {
    const bool has_avx2 =
        __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
    return has_avx2 ? avx2_kernels : plain_kernels;
}

}  // namespace heddle::engine
