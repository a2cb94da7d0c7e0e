// engine/cache/prefix_index.cpp: Finds, adds and forgets pages by the tokens that lead to them.
#include "engine/cache/prefix_index.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/error.h"

namespace heddle::engine {

namespace {

int common(std::span<const Token> a, std::span<const Token> b) {
    return static_cast<int>(std::ranges::mismatch(a, b).in1 - a.begin());
}

bool is_before(std::span<const Token> a, std::span<const Token> b) {
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end());
}

}  // namespace

bool PrefixIndex::Node::ByText::operator()(const std::unique_ptr<Node>& a, const std::unique_ptr<Node>& b) const {
    return is_before(a->text(), b->text());
}
bool PrefixIndex::Node::ByText::operator()(const std::unique_ptr<Node>& a, std::span<const Token> b) const {
    return is_before(a->text(), b);
}

// Level by level: a chain is as deep as the longest text has pages, which a recursion would not survive.
PrefixIndex::~PrefixIndex() {
    std::vector<Children> rest;
    rest.push_back(std::move(root_.children));
    while (!rest.empty()) {
        Children level = std::move(rest.back());
        rest.pop_back();
        for (const auto& node : level) {
            if (!node->children.empty()) rest.push_back(std::move(node->children));
        }
    }
}

std::optional<PrefixIndex::Match> PrefixIndex::find(Node* parent, std::span<const Token> text) {
    const auto key = text.first(std::min<std::size_t>(text.size(), page_tokens));
    const std::lock_guard lock(mutex_);
    const Children& children = parent_of(parent)->children;
    const auto at = children.lower_bound(key);
    Match best;
    const auto consider = [&](Node* node) {
        const int shared = common(node->text(), key);
        if (shared > best.tokens) best = {{}, node, shared};
    };
    if (at != children.end()) consider(at->get());
    if (at != children.begin()) consider(std::prev(at)->get());
    if (best.node == nullptr) return std::nullopt;
    touch(best.node);
    best.page = best.node->page;
    return best;
}

PrefixIndex::Node* PrefixIndex::add(Node* parent, std::span<const Token> text, Page& page) {
    ENGINE_CHECK(!text.empty() && text.size() <= page_tokens);
    const bool is_full = text.size() == page_tokens;
    auto made = std::make_unique<Node>();
    const std::lock_guard lock(mutex_);
    Node* const above = parent_of(parent);
    Children& children = above->children;
    auto at = children.lower_bound(text);
    if (at != children.end() && common((*at)->text(), text) == static_cast<int>(text.size())) {
        Node* const there = at->get();
        touch(there);
        if (!is_full) return nullptr;
        page = there->page;
        return there;
    }
    // What a part of this page was good for, this page is good for.
    while (at != children.begin()) {
        Node* const before = std::prev(at)->get();
        if (common(before->text(), text) < before->count || before->page.is_shared()) break;
        remove(before);
    }
    if (above != &root_ && children.empty()) leaves_.erase(above->used);
    made->parent = above;
    made->page = page;
    made->count = static_cast<int>(text.size());
    std::ranges::copy(text, made->tokens.begin());
    made->used = ++clock_;
    Node* const node = made.get();
    leaves_.emplace(node->used, node);
    children.insert(std::move(made));
    return node;
}

bool PrefixIndex::withdraw(Node* node) {
    const std::lock_guard lock(mutex_);
    // Two shares are the caller's and ours: nobody else reads the page, and nobody can begin to while we hold the lock.
    if (!node->children.empty() || node->page.shares() > 2) return false;
    remove(node);
    return true;
}

// As many leaves are passed over as there are timelines, at most: the others of a timeline's pages have children.
std::optional<Page> PrefixIndex::evict() {
    const std::lock_guard lock(mutex_);
    for (const auto& [used, node] : leaves_) {
        if (node->page.is_shared()) continue;
        Page page = std::move(node->page);
        remove(node);
        ++evictions_;
        return page;
    }
    return std::nullopt;
}

std::int64_t PrefixIndex::remembered() const {
    const std::lock_guard lock(mutex_);
    std::int64_t count = 0;
    std::vector<const Children*> rest{&root_.children};
    while (!rest.empty()) {
        const Children& level = *rest.back();
        rest.pop_back();
        for (const auto& node : level) {
            if (!node->page.is_shared()) ++count;
            rest.push_back(&node->children);
        }
    }
    return count;
}

std::int64_t PrefixIndex::evictions() const {
    const std::lock_guard lock(mutex_);
    return evictions_;
}

void PrefixIndex::touch(Node* node) {
    if (node->children.empty()) leaves_.erase(node->used);
    node->used = ++clock_;
    if (node->children.empty()) leaves_.emplace(node->used, node);
}

// The parent counts as used when its child was: a conversation goes from its end, page by page.
void PrefixIndex::remove(Node* node) {
    ENGINE_CHECK(node->children.empty());
    Node* const above = node->parent;
    const std::uint64_t used = node->used;
    leaves_.erase(used);
    above->children.erase(above->children.lower_bound(node->text()));
    if (above == &root_ || !above->children.empty()) return;
    above->used = std::max(above->used, used);
    leaves_.emplace(above->used, above);
}

}  // namespace heddle::engine
