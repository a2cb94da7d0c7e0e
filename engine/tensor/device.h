// engine/tensor/device.h: Where a back end's memory lives: how to get it and give it back.
#pragma once

#include <cstddef>

namespace heddle::engine {

class Device {
 public:
    virtual ~Device() = default;
    // Zeroed, aligned to 64 bytes; throws Error when there is no such room.
    virtual std::byte* allocate(std::size_t bytes) = 0;
    virtual void release(std::byte* memory, std::size_t bytes) noexcept = 0;
};

Device& host_device();  // plain memory, in huge pages where the kernel gives them

// What this process may still take without pushing others out: the least of free memory and its control groups' limits.
std::size_t available_memory();

}  // namespace heddle::engine
