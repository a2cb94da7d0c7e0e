// prompts/block_parser.h: A whole call block to calls; mends what is clear, drops what is not, names both.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "prompts/message.h"
#include "prompts/repairs.h"
#include "prompts/symbols.h"
#include "prompts/tag.h"

namespace heddle::prompts {

// Reads the text from the first tag of a block to where the reply ended. A call of which anything but closing tags is
// missing or unclear is dropped: half an argument must never run.
class BlockParser {
 public:
    // `ended`: the model ended its reply there; else it was cut off. All arguments outlive the parser.
    BlockParser(SymbolsView text, bool ended, const Alphabet& alphabet, Repairs& repairs);

    std::vector<ToolCall> calls();         // call once; ids "call_0", "call_1", ...
    bool whole() const { return whole_; }  // nothing was missing, dropped or ignored; tags may have been odd

 private:
    struct Invoke;
    struct Value {
        SymbolsView text;
        bool closed = true;          // had its closing tag
        bool at_end = false;         // reached the end of the reply
        bool partly_closed = false;  // at the end, and a closing tag had begun
        bool closes_invoke = false;  // the closing tag of its call was taken with it
    };

    std::optional<Tag> next_tag(bool marked_only) const;  // from at_ on
    void pass_gap(const Tag& tag);                        // what stands between at_ and the tag
    bool outside_call(const Tag& tag);                    // false: the rest is not part of the block
    void read_invoke(const Tag& tag);
    void unwrap(Invoke& invoke);
    bool read_body(Invoke& invoke);
    bool read_bare_object(Invoke& invoke, SymbolsView text);
    bool at_cut_off(Invoke& invoke);
    bool read_parameter(Invoke& invoke, const Tag& tag);
    Value read_value(const Tag& opener);  // from at_ on; at_ then stands behind its closing tag
    Value marked_value();
    Value unmarked_value();
    Value open_value(std::size_t begin, std::size_t end);
    Value value_to_the_end();
    bool confirms_end(std::size_t at) const;
    bool add_value(Invoke& invoke, const Tag& tag, const Value& value);
    bool is_cut_off(const Tag& tag) const;
    void use(const Tag& tag);              // names its oddities
    void broken(const std::string& what);  // names it, and the block is not whole

    SymbolsView text_;
    bool ended_;
    bool any_marked_;  // the DSML marker occurs at all
    const Alphabet& alphabet_;
    Repairs& repairs_;
    std::size_t at_ = 0;
    int invokes_ = 0;
    bool wrapped_ = false, closed_ = false, whole_ = true;
    std::vector<ToolCall> calls_;
};

}  // namespace heddle::prompts
