// tools/web/reader/gunzip.cpp: zlib, in steps, so that a small file cannot become a large memory.
#include "tools/web/reader/gunzip.h"

#include <zlib.h>

#include <array>

namespace heddle::tools::web {

std::optional<std::string> gunzip(std::string_view bytes, std::size_t bytes_max) {
    constexpr int gzip_alone = 16 + MAX_WBITS;
    z_stream stream{};
    if (inflateInit2(&stream, gzip_alone) != Z_OK) return std::nullopt;
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));  // zlib's signature; it only reads
    stream.avail_in = static_cast<uInt>(bytes.size());
    std::string out;
    std::array<char, 64 * 1024> chunk;
    int state = Z_OK;
    while (state == Z_OK && out.size() <= bytes_max) {
        stream.next_out = reinterpret_cast<Bytef*>(chunk.data());
        stream.avail_out = chunk.size();
        state = inflate(&stream, Z_NO_FLUSH);
        out.append(chunk.data(), chunk.size() - stream.avail_out);
    }
    inflateEnd(&stream);
    if (state != Z_STREAM_END || out.size() > bytes_max) return std::nullopt;
    return out;
}

}  // namespace heddle::tools::web
