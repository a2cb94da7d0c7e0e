// engine/tensor/buffer.h: Owns one block of a device's memory.
#pragma once

#include <cstddef>
#include <utility>

#include "engine/tensor/device.h"

namespace heddle::engine {

class Buffer {
 public:
    Buffer() = default;
    Buffer(Device& device, std::size_t bytes) : device_(&device), data_(device.allocate(bytes)), bytes_(bytes) {}
    Buffer(Buffer&& other) noexcept { swap(other); }
    Buffer& operator=(Buffer&& other) noexcept {
        Buffer(std::move(other)).swap(*this);
        return *this;
    }
    ~Buffer() {
        if (data_ != nullptr) device_->release(data_, bytes_);
    }

    std::byte* data() const { return data_; }
    std::size_t bytes() const { return bytes_; }

 private:
    void swap(Buffer& other) noexcept {
        std::swap(device_, other.device_);
        std::swap(data_, other.data_);
        std::swap(bytes_, other.bytes_);
    }

    Device* device_ = nullptr;
    std::byte* data_ = nullptr;
    std::size_t bytes_ = 0;
};

}  // namespace heddle::engine
