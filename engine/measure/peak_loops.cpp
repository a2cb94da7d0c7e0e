// engine/measure/peak_loops.cpp: Assembly, for a compiler would see that the sums are never used.
#include "engine/measure/peak_loops.h"

#include <immintrin.h>

namespace heddle::engine {

namespace {

// Twelve sums: four cycles of latency times two instructions a cycle are eight, with some to spare.
constexpr int sums_count = 12;

void plain(std::int64_t steps) {
    float x = 0, sums[sums_count] = {};
    for (; steps > 0; --steps) {
        for (float& sum : sums) {
            float product = x;
            asm volatile("mulss %1, %0" : "+x"(product) : "x"(x));
            asm volatile("addss %1, %0" : "+x"(sum) : "x"(product));
        }
    }
}

__attribute__((target("avx2,fma"))) void fma_256(std::int64_t steps) {
    const __m256 x = _mm256_setzero_ps();
    __m256 sums[sums_count];
    for (__m256& sum : sums) sum = x;
    for (; steps > 0; --steps) {
        for (__m256& sum : sums) asm volatile("vfmadd231ps %1, %1, %0" : "+x"(sum) : "x"(x));
    }
}

__attribute__((target("avx2"))) void bytes_256(std::int64_t steps) {
    const __m256i x = _mm256_setzero_si256();
    __m256i sums[sums_count];
    for (__m256i& sum : sums) sum = x;
    for (; steps > 0; --steps) {
        for (__m256i& sum : sums) {
            __m256i product;
            asm volatile(
                "vpmaddubsw %2, %2, %1\n\t"
                "vpmaddwd %2, %1, %1\n\t"
                "vpaddd %1, %0, %0"
                : "+x"(sum), "=&x"(product)
                : "x"(x));
        }
    }
}

__attribute__((target("avx512f"))) void fma_512(std::int64_t steps) {
    const __m512 x = _mm512_setzero_ps();
    __m512 sums[sums_count];
    for (__m512& sum : sums) sum = x;
    for (; steps > 0; --steps) {
        for (__m512& sum : sums) asm volatile("vfmadd231ps %1, %1, %0" : "+v"(sum) : "v"(x));
    }
}

__attribute__((target("avx512f,avx512bf16"))) void bf16_512(std::int64_t steps) {
    const __m512 x = _mm512_setzero_ps();
    __m512 sums[sums_count];
    for (__m512& sum : sums) sum = x;
    for (; steps > 0; --steps) {
        for (__m512& sum : sums) asm volatile("vdpbf16ps %1, %1, %0" : "+v"(sum) : "v"(x));
    }
}

__attribute__((target("avx512f,avx512vnni"))) void vnni_512(std::int64_t steps) {
    const __m512i x = _mm512_setzero_si512();
    __m512i sums[sums_count];
    for (__m512i& sum : sums) sum = x;
    for (; steps > 0; --steps) {
        for (__m512i& sum : sums) asm volatile("vpdpbusd %1, %1, %0" : "+v"(sum) : "v"(x));
    }
}

}  // namespace

PeakLoop float_peak_loop() {
    if (__builtin_cpu_supports("avx512bf16")) return {"vdpbf16ps zmm", sums_count * 64, bf16_512};
    if (__builtin_cpu_supports("avx512f")) return {"vfmadd231ps zmm", sums_count * 32, fma_512};
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        return {"vfmadd231ps ymm", sums_count * 16, fma_256};
    }
    return {"mulss, addss", sums_count * 2, plain};
}

PeakLoop byte_peak_loop() {
    if (__builtin_cpu_supports("avx512vnni")) return {"vpdpbusd zmm", sums_count * 128, vnni_512};
    if (__builtin_cpu_supports("avx2")) return {"vpmaddubsw, vpmaddwd, vpaddd ymm", sums_count * 64, bytes_256};
    return float_peak_loop();
}

}  // namespace heddle::engine
