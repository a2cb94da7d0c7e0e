// sandbox/output_sink.h: Who is told a command's output while it runs.
#pragma once

#include <functional>
#include <string_view>

namespace heddle::sandbox {

enum class OutputStream { out, err };
using OutputSink = std::function<void(OutputStream, std::string_view)>;  // called with each chunk that is kept

}  // namespace heddle::sandbox
