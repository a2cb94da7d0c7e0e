// engine/cpu/kernels_plain.cpp: The inner loops for any processor.
#include "engine/cpu/kernels_on_lanes.h"
#include "engine/cpu/product_plain.h"

namespace heddle::engine {

const Kernels plain_kernels = kernels_on<PlainProduct, PlainLanes>("plain", plain_sparse_kernels);

}  // namespace heddle::engine
