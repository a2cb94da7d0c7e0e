// tests/support/fuzz_main.cpp: Runs a fuzz target without libFuzzer: its corpus, then fixed mutations of it.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr int mutations_each = 400;  // a few seconds for a parser; libFuzzer goes on where this ends

void run(const std::string& input) {
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

std::string mutated(std::string input, std::mt19937& random) {
    const int edits = 1 + static_cast<int>(random() % 8);
    for (int i = 0; i < edits; ++i) {
        const std::size_t at = input.empty() ? 0 : random() % input.size();
        switch (random() % 5) {
            case 0:
                input.insert(input.begin() + static_cast<std::ptrdiff_t>(at), static_cast<char>(random()));
                break;
            case 1:
                input.erase(at, 1 + random() % 16);
                break;
            case 2:
                input.resize(at);
                break;
            case 3:
                input.insert(at, input.substr(random() % (input.size() + 1), random() % 64));
                break;
            default:
                if (!input.empty()) input[at] = static_cast<char>(random());
        }
    }
    return input;
}

}  // namespace

int main(int argc, char** argv) {
    std::vector<std::string> corpus{""};
    for (int i = 1; i < argc; ++i) {
        if (!std::filesystem::is_directory(argv[i])) {
            std::fprintf(stderr, "no corpus folder %s\n", argv[i]);
            return EXIT_FAILURE;
        }
        for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
            std::ifstream in(entry.path(), std::ios::binary);
            corpus.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
        }
    }
    std::mt19937 random(1);
    for (const auto& input : corpus) {
        run(input);
        for (int i = 0; i < mutations_each; ++i) run(mutated(input, random));
    }
    std::printf("%zu inputs, %zu runs: no finding\n", corpus.size(), corpus.size() * (mutations_each + 1));
    return EXIT_SUCCESS;
}
