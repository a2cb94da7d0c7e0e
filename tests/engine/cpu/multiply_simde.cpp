// tests/engine/cpu/multiply_simde.cpp: The products for AVX-512, compiled a second time over its portable stand-in.
#include "tests/support/simde_avx512.h"

// Other names: the linker would keep one copy of two templates of the same name, and one of these needs the processor.
#define Avx512Lanes PortableAvx512Lanes
#define Avx512FloatProduct PortableAvx512FloatProduct
#define Avx512PairProduct PortableAvx512PairProduct
#include "engine/cpu/multiply_blocked.h"
#include "engine/cpu/product_avx512.h"
#include "tests/support/multiply_ways.h"

namespace heddle::test {

void multiply_portable_avx512(const engine::MultiplyArguments& arguments) {
    engine::multiply<engine::PortableAvx512FloatProduct, engine::PortableAvx512PairProduct>(arguments);
}

}  // namespace heddle::test
