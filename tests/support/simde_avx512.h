// tests/support/simde_avx512.h: AVX-512 in plain C++, so that kernels for it are tested on processors without it.
#pragma once

#include <simde/x86/avx512/add.h>
#include <simde/x86/avx512/and.h>
#include <simde/x86/avx512/cast.h>
#include <simde/x86/avx512/dpbf16.h>
#include <simde/x86/avx512/fmadd.h>
#include <simde/x86/avx512/load.h>
#include <simde/x86/avx512/loadu.h>
#include <simde/x86/avx512/mov.h>
#include <simde/x86/avx512/mul.h>
#include <simde/x86/avx512/or.h>
#include <simde/x86/avx512/permutex2var.h>
#include <simde/x86/avx512/set1.h>
#include <simde/x86/avx512/slli.h>
#include <simde/x86/avx512/srai.h>
#include <simde/x86/avx512/srli.h>
#include <simde/x86/avx512/storeu.h>

#include <cstdint>
#include <cstring>

#include "engine/ops/numbers.h"

// How wide vectors are handed over depends on the processor's flags; here nobody outside this file gets one.
#pragma GCC diagnostic ignored "-Wpsabi"

// Two that the library lacks. The first: 32 floats to bf16, to nearest, ties to even; those of `low` first.
inline simde__m512bh simde_of_bf16_pairs(simde__m512 high, simde__m512 low) {
    float values[32];
    std::uint16_t narrow[32];
    std::memcpy(values, &low, sizeof low);
    std::memcpy(values + 16, &high, sizeof high);
    for (int i = 0; i < 32; ++i) narrow[i] = heddle::engine::float_to_bf16(values[i]);
    simde__m512bh pairs;
    std::memcpy(&pairs, narrow, sizeof pairs);
    return pairs;
}

inline simde__m512 simde_maskz_loadu(simde__mmask16 kept, const float* from) {
    float values[16];
    for (int i = 0; i < 16; ++i) values[i] = (kept >> i & 1) != 0 ? from[i] : 0;
    return simde_mm512_loadu_ps(values);
}

// The library's own aliases do not go together with a compiler that knows the types of bf16 vectors.
#define __m512 simde__m512
#define __m512i simde__m512i
#define __m512bh simde__m512bh
#define __mmask16 simde__mmask16
#define _mm512_add_ps simde_mm512_add_ps
#define _mm512_and_si512 simde_mm512_and_si512
#define _mm512_castsi512_ps simde_mm512_castsi512_ps
#define _mm512_dpbf16_ps simde_mm512_dpbf16_ps
#define _mm512_fmadd_ps simde_mm512_fmadd_ps
#define _mm512_load_si512 simde_mm512_load_si512
#define _mm512_loadu_ps simde_mm512_loadu_ps
#define _mm512_loadu_si512 simde_mm512_loadu_si512
#define _mm512_maskz_loadu_ps simde_maskz_loadu
#define _mm512_mul_ps simde_mm512_mul_ps
#define _mm512_or_si512 simde_mm512_or_si512
#define _mm512_permutex2var_epi8 simde_mm512_permutex2var_epi8
#define _mm512_set1_epi16 simde_mm512_set1_epi16
#define _mm512_set1_epi32 simde_mm512_set1_epi32
#define _mm512_set1_epi8 simde_mm512_set1_epi8
#define _mm512_set1_ps simde_mm512_set1_ps
#define _mm512_slli_epi16 simde_mm512_slli_epi16
#define _mm512_slli_epi32 simde_mm512_slli_epi32
#define _mm512_srai_epi16 simde_mm512_srai_epi16
#define _mm512_srli_epi16 simde_mm512_srli_epi16
#define _mm512_storeu_ps simde_mm512_storeu_ps
#define _mm512_storeu_si512 simde_mm512_storeu_si512
#define _mm512_cvtne2ps_pbh simde_of_bf16_pairs
