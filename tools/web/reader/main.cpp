// tools/web/reader/main.cpp: The program that meets pages: one order on standard input, one answer on standard output.
#include <cstdio>
#include <exception>
#include <string>

#include "tools/web/reader/document.h"
#include "tools/web/reader/fetch.h"

namespace web = heddle::tools::web;

namespace {

std::string read_all(std::FILE* from) {
    std::string bytes;
    char chunk[64 * 1024];
    while (const std::size_t size = std::fread(chunk, 1, sizeof chunk, from)) bytes.append(chunk, size);
    return bytes;
}

std::string answer_to(const std::string& order) {
    if (const auto page = web::decode_fetch(order)) return encode(web::fetch(*page));
    std::vector<std::optional<web::Document>> documents;
    for (const auto& source : web::decode_sources(order)) documents.push_back(web::read_document(source));
    return encode(documents);
}

}  // namespace

#ifdef HEDDLE_SANITIZED
// The search for leaks looks into its process as a debugger does, which no guest may.
extern "C" const char* __asan_default_options() {
    return "detect_leaks=0";
}
#endif

int main() {
    try {
        const std::string answer = answer_to(read_all(stdin));
        const bool said = std::fwrite(answer.data(), 1, answer.size(), stdout) == answer.size();
        return said && std::fflush(stdout) == 0 ? 0 : 1;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "heddle-reader: %s\n", error.what());
        return 1;
    }
}
