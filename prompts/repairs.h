// prompts/repairs.h: What a parser had to mend, in words: each thing once, and a bounded list.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

namespace heddle::prompts {

class Repairs {
 public:
    void add(const std::string& what) {
        if (list_.size() > count_max || std::find(list_.begin(), list_.end(), what) != list_.end()) return;
        list_.push_back(list_.size() == count_max ? "more departures, not listed" : what);
    }

    const std::vector<std::string>& list() const { return list_; }

 private:
    static constexpr std::size_t count_max = 20;  // a reply with more is noise, and each line is stored and shown

    std::vector<std::string> list_;
};

}  // namespace heddle::prompts
