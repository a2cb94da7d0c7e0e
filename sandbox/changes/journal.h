// sandbox/changes/journal.h: The record of a commit that runs, kept where no guest and no foreign tree can write one.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sandbox/changes/plan.h"
#include "sandbox/fd.h"

namespace heddle::sandbox::changes {

// The journal lies in a folder of heddle's state, not in the workspace: a workspace can be a tree that somebody sent,
// with a commit folder and a journal in it that would tell recovery to put a hook in place. The two are tied by a
// token of 128 random bits.
class Journal {
 public:
    static std::string new_token();
    static bool is_token(std::string_view text);

    static Journal create(int journals, const std::string& token);               // throws Error
    static std::optional<Journal> open(int journals, const std::string& token);  // nothing where there is none

    void write(const Plan& plan);  // on disk when it returns; throws Error
    void mark_committed();         // the same; where it throws, the journal says that it is not

    std::optional<Plan> plan() const { return plan_; }  // of open(): nothing if it was not written to its end
    bool committed() const { return committed_; }
    void remove() const;  // throws Error

 private:
    Journal(int journals, std::string token, Fd file);

    int journals_;
    std::string token_;
    Fd file_;
    off_t written_ = 0;
    std::optional<Plan> plan_;
    bool committed_ = false;
};

}  // namespace heddle::sandbox::changes
