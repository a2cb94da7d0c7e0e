// sandbox/word_list.h: Whether a word stands in a list.
#pragma once

#include <algorithm>
#include <string_view>

namespace heddle::sandbox {

template <typename List>
bool holds(const List& list, std::string_view word) {
    return std::find(list.begin(), list.end(), word) != list.end();
}

}  // namespace heddle::sandbox
