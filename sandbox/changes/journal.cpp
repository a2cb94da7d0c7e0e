// sandbox/changes/journal.cpp: One file a commit: its steps, and a last line once all of them are on disk.
#include "sandbox/changes/journal.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/random.h>
#include <unistd.h>

#include <cerrno>

#include "sandbox/error.h"

namespace heddle::sandbox::changes {

namespace {

constexpr std::string_view committed_line = "committed\n";

void append(const Fd& file, std::string_view text) {
    while (!text.empty()) {
        const ssize_t count = ::write(file.get(), text.data(), text.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) throw Error("write the journal of a commit", count < 0 ? errno : EIO);
        text.remove_prefix(static_cast<std::size_t>(count));
    }
    if (::fdatasync(file.get()) != 0) throw Error("write the journal of a commit to disk", errno);
}

std::string content_of(const Fd& file) {
    std::string text;
    char part[4096];
    for (;;) {
        const ssize_t count = ::read(file.get(), part, sizeof part);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw Error("read the journal of a commit", errno);
        if (count == 0) return text;
        text.append(part, static_cast<std::size_t>(count));
    }
}

}  // namespace

Journal::Journal(int journals, std::string token, Fd file)
    : journals_(journals), token_(std::move(token)), file_(std::move(file)) {}

std::string Journal::new_token() {
    unsigned char bytes[16];
    if (::getrandom(bytes, sizeof bytes, 0) != sizeof bytes) throw Error("draw a name for a commit", errno);
    std::string token;
    for (const unsigned char byte : bytes) token += fmt::format("{:02x}", byte);
    return token;
}

bool Journal::is_token(std::string_view text) {
    return text.size() == 32 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Journal Journal::create(int journals, const std::string& token) {
    Fd file(::openat(journals, token.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600));
    if (!file) throw Error("make the journal of a commit in heddle's state folder", errno);
    const Fd folder(::openat(journals, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder || ::fsync(folder.get()) != 0) {
        const int failed = errno;
        ::unlinkat(journals, token.c_str(), 0);
        throw Error("write heddle's state folder to disk", failed);
    }
    return Journal(journals, token, std::move(file));
}

std::optional<Journal> Journal::open(int journals, const std::string& token) {
    Fd file(::openat(journals, token.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (!file && errno == ENOENT) return std::nullopt;
    if (!file) throw Error("open the journal of a commit in heddle's state folder", errno);
    Journal journal(journals, token, std::move(file));
    const std::string text = content_of(journal.file_);
    std::string_view steps = text;
    if (steps.size() >= committed_line.size() && steps.substr(steps.size() - committed_line.size()) == committed_line) {
        steps.remove_suffix(committed_line.size());
        journal.committed_ = true;
    }
    journal.plan_ = decode(steps);
    // A last line that was cut short is none: the commit was not done, and its steps are undone.
    if (!journal.committed_ && !journal.plan_) {
        const std::size_t end = steps.rfind('\n');
        if (end != std::string_view::npos) journal.plan_ = decode(steps.substr(0, end + 1));
    }
    return journal;
}

void Journal::write(const Plan& plan) {
    const std::string text = encode(plan);
    append(file_, text);
    written_ = static_cast<off_t>(text.size());
}

void Journal::mark_committed() {
    try {
        append(file_, committed_line);
    } catch (const Error&) {
        // The steps are undone next; a crash then must not find a commit that is done.
        if (::ftruncate(file_.get(), written_) != 0) throw Error("take back a line of a commit's journal", errno);
        throw;
    }
}

void Journal::remove() const {
    if (::unlinkat(journals_, token_.c_str(), 0) != 0) throw Error("remove the journal of a commit", errno);
}

}  // namespace heddle::sandbox::changes
