// engine/cpu/kernels_avx2.cpp: The inner loops for AVX2, FMA and F16C; compiled with these flags, and nothing else is.
#include "engine/cpu/kernels_on_lanes.h"
#include "engine/cpu/product_avx2.h"

namespace heddle::engine {

const Kernels avx2_kernels = kernels_on<Avx2Product, Avx2Lanes>("avx2", avx2_sparse_kernels);

}  // namespace heddle::engine
