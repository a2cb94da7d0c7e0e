// runtime/kept_changes.cpp: A folder a workspace, by its device and inode: changes, and when the workspace was opened.
#include "runtime/kept_changes.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>

#include <cerrno>
#include <fstream>

#include "sandbox/changes/commit.h"
#include "sandbox/changes/snapshot.h"
#include "sandbox/error.h"

namespace fs = std::filesystem;

namespace heddle {

namespace {

using sandbox::Fd;

Fd open_folder(const fs::path& path) {
    Fd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder) throw sandbox::Error("open the folder " + path.native(), errno);
    return folder;
}

void make_folder(const fs::path& path) {
    std::error_code error;
    fs::create_directories(path, error);
    if (!error) fs::permissions(path, fs::perms::owner_all, error);
    if (error) throw sandbox::Error("make the folder " + path.native(), error.value());
}

}  // namespace

KeptChanges::KeptChanges(const fs::path& data, const fs::path& workspace) : root_(open_folder(workspace)) {
    struct stat seen {};
    if (::fstat(root_.get(), &seen) != 0) throw sandbox::Error("look at the workspace " + workspace.native(), errno);
    folder_ = data / "changes" / fmt::format("{:x}-{:x}", seen.st_dev, seen.st_ino);
    make_folder(data / "changes");
    make_folder(data / "journals");
    journals_ = open_folder(data / "journals");
    (void)sandbox::changes::recover(root_, journals_);
}

bool KeptChanges::exist() const {
    std::error_code error;
    return fs::exists(folder_ / "opened", error);
}

void KeptChanges::keep(const Fd& upper, const sandbox::changes::Baseline& baseline) {
    drop();
    make_folder(folder_ / "upper");
    sandbox::changes::snapshot(upper, open_folder(folder_ / "upper"));
    std::ofstream out(folder_ / "opened");  // last: without it there are none
    out << baseline.opened << '\n';
    if (!out.flush()) throw sandbox::Error("write " + (folder_ / "opened").native(), errno);
}

Fd KeptChanges::upper() const {
    return open_folder(folder_ / "upper");
}

sandbox::changes::Baseline KeptChanges::baseline() const {
    sandbox::changes::Baseline baseline;
    std::ifstream in(folder_ / "opened");
    if (!(in >> baseline.opened)) throw sandbox::Error("read " + (folder_ / "opened").native(), EIO);
    return baseline;
}

void KeptChanges::drop() {
    std::error_code error;
    fs::remove(folder_ / "opened", error);
    if (fs::exists(folder_ / "upper", error)) sandbox::changes::rollback(upper(), root_);
    fs::remove_all(folder_, error);
    if (error) throw sandbox::Error("remove " + folder_.native(), error.value());
}

}  // namespace heddle
