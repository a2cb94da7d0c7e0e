// runtime/transcript.h: A recorded session as text for people, and as lines of JSON for programs.
#pragma once

#include <cstdint>
#include <string>

#include "runtime/store/history.h"

namespace heddle {

// Everything that was said and done, turn by turn, nothing clipped. What a user, a model or a tool said is indented, so
// that it cannot pass for a heading, and escaped: no control character reaches the terminal.
std::string transcript_of(const History& history);

// JSON Lines: the session, then each event as it was recorded; a reply that never finished stands as "partial_reply".
std::string event_lines_of(const History& history);

std::string list_line_of(const SessionRow& session);  // for `heddle log list`, escaped
std::string time_text(std::int64_t us);               // "2026-11-24 04:05:06 UTC"

}  // namespace heddle
