// tools/file_change.h: One file that is written, removed or moved at once: at any moment the old or the new one is
// there.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tools/folder.h"

namespace heddle::tools {

// What a new file takes over: owner and mode of `like`, else of the file that it replaces, else its folder's owner.
struct FileLooks {
    std::optional<Stat> like;
    std::optional<bool> executable;
};

// What can go wrong with bytes and disk goes wrong while it is prepared, before anything is seen. A new file lies
// without a name until it takes its place, where the file system can; a name that is needed for a moment is one that
// the next change in that folder cleans away if a crash left it. Other names of a file that is replaced keep the old
// content.
//
// All throw Error. `shown` names the file in it.
class FileChange {
 public:
    static FileChange write(Target target, std::string_view bytes, std::string shown, const FileLooks& looks = {});
    static FileChange remove(Target target, std::string shown);
    static FileChange move(Target from, Target to, std::string shown);  // `to` is not there

    // Refuses where the file is not any more the one that the target was made of. With `undoable`, what was there is
    // kept under another name until finish() or undo().
    void apply(bool undoable = false);
    void undo();             // takes back an apply(true)
    void finish() noexcept;  // lets go of what undo() would need, and asks the disk to keep the rest

    FileChange(FileChange&&) noexcept;
    FileChange& operator=(FileChange&&) noexcept;
    ~FileChange();  // one that was not applied leaves nothing

 private:
    struct State;
    explicit FileChange(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace heddle::tools
