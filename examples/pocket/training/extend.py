# examples/pocket/training/extend.py: Makes a training checkpoint of a published model, with a vocabulary for new texts too.
"""Usage: extend.py MODEL DIR COUNT EPISODES.jsonl SYSTEM.json   (writes DIR/checkpoint.pt, DIR/tokenizer.json, MODEL/config.json)

COUNT tokens are learned on the episodes and their system message, as merges behind those that there are: what was cut into
tokens before is cut as before, but for the stretches that the new ones join. A new token begins as the mean of its parts.
"""

import collections
import json
import sys

import torch
from tokenizers import Tokenizer

from float8 import widened
from vocabulary import set_vocabulary_size, texts

SYSTEM_WEIGHT = 300  # of its text beside that of some thousand episodes


def words_of(tokenizer, episodes, system):
    """Each piece that is cut on its own, as a list of tokens, with how often it occurs."""
    counts = collections.Counter()
    with open(system) as file:
        fixed = [text for kind, text in json.load(file) if kind == "text"]
    for weight, some in ((1, texts(episodes)), (SYSTEM_WEIGHT, fixed)):
        for text in some:
            for piece, _ in tokenizer.pre_tokenizer.pre_tokenize_str(text):
                counts[piece] += weight
    return [([token.value for token in tokenizer.model.tokenize(piece)], count) for piece, count in counts.items()]


def learn_merges(words, count):
    """The commonest pair becomes a token, `count` times (Sennrich et al., arXiv 1508.07909)."""
    merges = []
    while len(merges) < count:
        pairs = collections.Counter()
        for parts, often in words:
            for pair in zip(parts, parts[1:]):
                pairs[pair] += often
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        merges.append(best)
        for parts, _ in words:
            at = 0
            while at + 1 < len(parts):
                if (parts[at], parts[at + 1]) == best:
                    parts[at : at + 2] = ["".join(best)]
                at += 1
    return merges


def with_rows(weight, parts_of):
    """Rows of an embedding or a head, and below them a row a new token: the mean of its two parts' rows."""
    rows = list(weight)
    for one, two in parts_of:
        rows.append((rows[one] + rows[two]) / 2)
    return torch.stack(rows)


def main(model, folder, count, episodes, system):
    with open(f"{model}/tokenizer.json") as file:
        described = json.load(file)
    merges = learn_merges(words_of(Tokenizer.from_file(f"{model}/tokenizer.json"), episodes, system), int(count))
    vocabulary = described["model"]["vocab"]
    parts_of = []
    for one, two in merges:
        parts_of.append((vocabulary[one], vocabulary[two]))
        vocabulary[one + two] = len(vocabulary)
        described["model"]["merges"].append([one, two] if isinstance(described["model"]["merges"][0], list) else f"{one} {two}")
    with open(f"{folder}/tokenizer.json", "w") as file:
        json.dump(described, file, ensure_ascii=False, indent=2)
    state = widened(f"{model}/model.safetensors")
    for name in ("model.embed_tokens.weight", "lm_head.weight"):
        state[name] = with_rows(state[name], parts_of)
    torch.save({"network": state, "optimizers": [], "done": {"steps": 0, "tokens": 0}}, f"{folder}/checkpoint.pt")
    set_vocabulary_size(model, len(vocabulary))
    print(f"{len(vocabulary)} tokens; the new ones:", *(one + two for one, two in merges))


if __name__ == "__main__":
    main(*sys.argv[1:])
