// runtime/store/export.h: A session's tree as records for training: one object a node, exact to the token.
#pragma once

#include "prompts/message.h"
#include "runtime/store/history.h"

namespace heddle {

// In this order of keys:
//   session, node, parent, copied_from, role, sampled, timestamp_us;
//   token_ids: only what this message adds, its template included: root to leaf they are exactly what the model saw;
//   mask: one a token, 1 where the model sampled it on this very path (a copy on a new branch is all 0);
//   is_content: one a token, 1 for the message's own text, 0 for the template and control tokens, null where it is not
//     known; logprobs: one a sampled token, at temperature 1;
//   text: what the tokens spell; message: the parsed form in the shape of chat completions, null for a reply that never
//     finished; stop: "end", "tool_calls", "length", "cancelled", null for what was not sampled or never finished;
//   repairs, usage, model, weight_version, sampler: of the reply, null for what was not sampled.
prompts::Json record_of(const History& history, const NodeRow& node);

// The records of all nodes, a line each.
std::string record_lines_of(const History& history);

}  // namespace heddle
