// engine/cache/prefix_index.h: Which page holds the rows of which tokens: a tree of pages, for all timelines at once.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>

#include "engine/cache/page.h"
#include "engine/token.h"

namespace heddle::engine {

// A node is a page and the tokens of its rows; what stands before them is the way from the root, so a page is found by
// everything that its rows depend on. Full pages have children; a page that is partly filled has none. The children of
// a node lie in the order of their tokens: whoever shares most with a text is a neighbour of the text's own place.
//
// The index has a share of its own of each page: a page that no timeline holds any more is remembered, until `evict`
// lets go of the one that was not asked for longest. Only pages without children go, so a parent outlives its children.
// A page in the index is not written to: its writer withdraws it first, or copies it.
//
// Safe from several threads. A node stays where it is as long as somebody holds a share of its page.
class PrefixIndex {
 public:
    struct Node {
        Node* parent = nullptr;
        Page page;
        std::array<Token, page_tokens> tokens{};
        int count = 0;  // tokens, and rows of the page

        std::span<const Token> text() const { return {tokens.data(), static_cast<std::size_t>(count)}; }

     private:
        friend class PrefixIndex;
        struct ByText {
            using is_transparent = void;
            bool operator()(const std::unique_ptr<Node>& a, const std::unique_ptr<Node>& b) const;
            bool operator()(const std::unique_ptr<Node>& a, std::span<const Token> b) const;
        };
        std::set<std::unique_ptr<Node>, ByText> children;
        std::uint64_t used = 0;  // when it was last asked for, in ticks of the index
    };
    struct Match {
        Page page;
        Node* node = nullptr;
        int tokens = 0;  // so many of the page's first rows are those of the text
    };

    PrefixIndex() = default;
    ~PrefixIndex();
    PrefixIndex(const PrefixIndex&) = delete;
    PrefixIndex& operator=(const PrefixIndex&) = delete;

    // The page that shares most with `text`, which follows the tokens of `parent` (none: it is the beginning).
    std::optional<Match> find(Node* parent, std::span<const Token> text);

    // Puts a page in, whose rows are those of `text` (up to 64) after `parent`, which the caller holds. Where the same
    // full page is there already, `page` becomes that one: the same tokens have the same bits. Returns the node of
    // `page`, or none when a page that is partly filled is covered by another.
    Node* add(Node* parent, std::span<const Token> text, Page& page);

    // Takes the caller's page out, for it is going to be written to. False when somebody else reads it or a child
    // needs it; it stays then.
    bool withdraw(Node* node);

    std::optional<Page> evict();  // the page that nobody holds and nobody asked for longest, now out of the index

    std::int64_t remembered() const;  // pages that nobody but the index holds; looks at each
    std::int64_t evictions() const;

 private:
    using Children = std::set<std::unique_ptr<Node>, Node::ByText>;

    void touch(Node* node);
    void remove(Node* node);
    Node* parent_of(Node* parent) { return parent == nullptr ? &root_ : parent; }

    mutable std::mutex mutex_;
    Node root_;
    std::map<std::uint64_t, Node*> leaves_;  // nodes without children, by their last use
    std::uint64_t clock_ = 0;
    std::int64_t evictions_ = 0;
};

}  // namespace heddle::engine
