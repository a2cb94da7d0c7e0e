// tests/support/simde_avx512_sparse.h: What the sparse path needs of AVX-512 beyond the products, in plain C++.
#pragma once

#include "tests/support/simde_avx512.h"

// After it, for its settings.
#include <simde/x86/avx512/cvt.h>
#include <simde/x86/avx512/dpbusd.h>
#include <simde/x86/avx512/extract.h>
#include <simde/x86/avx512/fnmadd.h>
#include <simde/x86/avx512/insert.h>
#include <simde/x86/avx512/max.h>
#include <simde/x86/avx512/min.h>
#include <simde/x86/avx512/test.h>
#include <simde/x86/avx512/unpackhi.h>
#include <simde/x86/avx512/unpacklo.h>

// One that the library lacks.
inline simde__m512 simde_of_whole_numbers(simde__m512i whole) {
    std::int32_t numbers[16];
    float values[16];
    std::memcpy(numbers, &whole, sizeof whole);
    for (int i = 0; i < 16; ++i) values[i] = static_cast<float>(numbers[i]);
    return simde_mm512_loadu_ps(values);
}

#define _mm512_add_epi32 simde_mm512_add_epi32
#define _mm512_castpd_ps simde_mm512_castpd_ps
#define _mm512_castps256_ps512 simde_mm512_castps256_ps512
#define _mm512_castps512_ps256 simde_mm512_castps512_ps256
#define _mm512_castps_pd simde_mm512_castps_pd
#define _mm512_castps_si512 simde_mm512_castps_si512
#define _mm512_cvtepi32_ps simde_of_whole_numbers
#define _mm512_cvtepi8_epi16 simde_mm512_cvtepi8_epi16
#define _mm512_dpbusd_epi32 simde_mm512_dpbusd_epi32
#undef _mm512_extractf64x4_pd
#define _mm512_extractf64x4_pd simde_mm512_extractf64x4_pd
#define _mm512_fnmadd_ps simde_mm512_fnmadd_ps
#undef _mm512_insertf64x4
#define _mm512_insertf64x4 simde_mm512_insertf64x4
#define _mm512_mask_add_epi16 simde_mm512_mask_add_epi16
#define _mm512_max_epi32 simde_mm512_max_epi32
#define _mm512_max_ps simde_mm512_max_ps
#define _mm512_min_ps simde_mm512_min_ps
#define _mm512_permutex2var_epi64 simde_mm512_permutex2var_epi64
#define _mm512_permutex2var_ps simde_mm512_permutex2var_ps
#define _mm512_test_epi16_mask simde_mm512_test_epi16_mask
#define _mm512_unpackhi_epi16 simde_mm512_unpackhi_epi16
#define _mm512_unpacklo_epi16 simde_mm512_unpacklo_epi16
