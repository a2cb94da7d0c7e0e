// sandbox/changes/copy_record.h: What a copy of a folder looked like when it was made, to tell later what was changed
// in it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace heddle::sandbox::changes {

// Who works on the copy can set a time back, but not the ctime, which every write, rename, chmod and link moves: so an
// entry of the same inode and ctime is as it was made. That takes that nobody changed it in the tick in which it was
// made (Baseline::settle). Blind spots: a clock that is set back; and a file that is written through a mapping alone,
// where the copy lies on a file system of memory, which does not stamp that.
struct CopyRecord {
    struct Made {
        std::string name;
        std::uint64_t inode = 0;   // 0: the original was not copied, as it is a fifo, a device, or not to be read
        std::int64_t changed = 0;  // ctime in ns
        mode_t mode = 0;           // with the type
        bool is_empty = false;     // a folder, of which what the original holds was not to be read
    };
    std::unordered_map<std::string, std::vector<Made>> folders;  // by path, "" the root; names in byte order
};

}  // namespace heddle::sandbox::changes
