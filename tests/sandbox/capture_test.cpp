// tests/sandbox/capture_test.cpp: Head, tail and count, against a plain model.
#include "sandbox/capture.h"

#include <doctest.h>

#include <random>

using heddle::sandbox::Capture;

TEST_CASE("capture: whatever the chunks, head and tail are the ends of the stream and the count is right") {
    std::mt19937 random(1);
    for (int round = 0; round < 500; ++round) {
        const std::size_t limit = random() % 40;
        Capture capture(limit);
        std::string all, heads;
        for (int chunk = 0; chunk < 10; ++chunk) {
            std::string bytes(random() % 30, ' ');
            for (char& c : bytes) c = static_cast<char>('a' + random() % 26);
            all += bytes;
            heads += capture.add(bytes);
        }
        const auto kept = capture.take();
        CHECK(kept.total_bytes == all.size());
        CHECK(kept.head.size() + kept.tail.size() == std::min(limit, all.size()));
        CHECK(kept.head == all.substr(0, kept.head.size()));
        CHECK(kept.tail == all.substr(all.size() - kept.tail.size()));
        CHECK(heads == kept.head);
    }
}

TEST_CASE("capture: what fits is one text, what does not says how much is missing") {
    Capture small(4);
    small.add("abcd");
    CHECK(small.take().text() == "abcd");
    Capture cut(4);
    cut.add("abcdefgh");
    CHECK(cut.take().text() == "ab\n[... 4 bytes dropped ...]\ngh");
}
