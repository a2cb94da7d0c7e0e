// engine/backend.cpp: The one file that names the back ends.
#include "engine/backend.h"

#include <fmt/core.h>

#include "engine/cpu/cpu_ops.h"
#include "engine/error.h"
#include "engine/reference/reference_ops.h"

namespace heddle::engine {

std::unique_ptr<Ops> make_backend(const std::string& name, int threads, const Precision& precision) {
    const auto& [quantised_indexer, rows, activations] = precision;
    if (name == "reference") return std::make_unique<ReferenceOps>(quantised_indexer, rows);
    if (name == "cpu") {
        const int count = threads > 0 ? threads : ThreadPool::cores();
        return std::make_unique<CpuOps>(best_kernels(activations), count, quantised_indexer, rows);
    }
    throw Error(fmt::format("There is no back end \"{}\"; there are \"cpu\" and \"reference\"", name));
}

}  // namespace heddle::engine
