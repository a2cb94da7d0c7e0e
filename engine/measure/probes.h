// engine/measure/probes.h: What this machine gives at this moment: bytes read, multiplications, empty rounds.
#pragma once

#include <memory>
#include <string>

#include "engine/cpu/thread_pool.h"
#include "engine/tensor/buffer.h"

namespace heddle::engine {

// The most that an instruction can do: registers only, all threads; a multiplication and its addition are two.
struct Peak {
    std::string instruction;
    double per_second = 0;
};

// Shared machines change their pace within seconds, so a figure is worth something only over a probe taken beside it.
// Takes 1 GiB and threads of its own, which sleep between probes.
class Probes {
 public:
    explicit Probes(int threads);  // 0: one per core that this process may use. Throws Error without the memory

    double read_bytes_per_second();  // of memory that no cache holds; about 30 ms
    Peak floats();                   // bf16 products where there are such, else the widest float multiply-add; 10 ms
    Peak bytes();                    // 8-bit products added in 32 bits; 10 ms
    double round_seconds();          // one round of the pool in which nobody has anything to do

    int threads() const { return pool_.threads(); }

 private:
    ThreadPool pool_;
    Buffer memory_;
};

}  // namespace heddle::engine
