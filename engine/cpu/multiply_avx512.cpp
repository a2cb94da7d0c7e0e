// engine/cpu/multiply_avx512.cpp: The products for AVX-512 with BW, VBMI and BF16; compiled with these flags.
#include "engine/cpu/kernels.h"
#include "engine/cpu/multiply_blocked.h"
#include "engine/cpu/product_avx512.h"

namespace heddle::engine {

void multiply_avx512(const MultiplyArguments& arguments) {
    multiply<Avx512FloatProduct, Avx512PairProduct>(arguments);
}

void multiply_floats_avx512(const MultiplyArguments& arguments) {
    multiply<Avx512FloatProduct, Avx512FloatProduct>(arguments);
}

}  // namespace heddle::engine
