# examples/pocket/training/packing.py: Recorded episodes to token ids with a mask of what the model said, and to batches.
"""Usage: packing.py TOKENIZER.json EPISODES.jsonl OUT.npz

Only what the model generates after the last user message is learned: reasoning, calls, answers, end tokens.
"""

import functools
import json
import sys

import numpy as np
from tokenizers import Tokenizer


class Encoder:
    def __init__(self, path):
        self.tokenizer = Tokenizer.from_file(path)
        self.text = functools.lru_cache(200_000)(lambda text: self.tokenizer.encode(text, add_special_tokens=False).ids)

    def entry(self, pieces):
        """Token ids of one rendered message. Text never becomes a control token here: no task spells one."""
        ids = []
        for kind, text in pieces:
            ids += [self.tokenizer.token_to_id(text)] if kind == "control" else self.text(text)
        return ids


def pack(tokenizer, episodes, out):
    encoder = Encoder(tokenizer)
    ids, learned, asked, ends, families = [], [], [], [], []  # asked: where the last user message begins
    with open(episodes) as file:
        for row in map(json.loads, file):
            for index, entry in enumerate(row["entries"]):
                tokens = encoder.entry(entry)
                if index == row["last_user"]:
                    asked.append(len(ids))
                said = index > row["last_user"] and entry[-1][1] == "<｜end▁of▁sentence｜>"
                ids += tokens
                learned += [said] * len(tokens)
            ends.append(len(ids))
            families.append(row["family"])
    np.savez(out, ids=np.array(ids, np.uint16), learned=np.array(learned), asked=np.array(asked), ends=np.array(ends), families=np.array(families))


class Histories:
    """Long conversations: the tokens before the last user message, and what follows it as an item as Episodes has them."""

    def __init__(self, paths):
        self.items = []
        for path in paths:
            data = np.load(path)
            ids, learned, ends = data["ids"].astype(np.int64), data["learned"], data["ends"]
            for start, asked, end, family in zip([0, *ends[:-1]], data["asked"], ends, data["families"]):
                self.items.append((ids[start:asked], (ids[asked:end], learned[asked:end], str(family))))


class Episodes:
    """Packed files together; gives batches of about `budget` tokens of episodes of similar length."""

    def __init__(self, paths, longest):
        self.items = []
        for path in paths:
            data = np.load(path)
            ids, learned, ends = data["ids"].astype(np.int64), data["learned"], data["ends"]
            for start, end, family in zip([0, *ends[:-1]], ends, data["families"]):
                if end - start <= longest:
                    self.items.append((ids[start:end], learned[start:end], str(family)))

    def batches(self, rng, budget):
        order = rng.permutation(len(self.items))
        for start in range(0, len(order), 4000):
            block = sorted(order[start : start + 4000], key=lambda i: len(self.items[i][0]))
            batches, size = [[]], 0
            for index in block:
                length = len(self.items[index][0])
                if size + length > budget and batches[-1]:
                    batches.append([])
                    size = 0
                batches[-1].append(self.items[index])
                size += length
            for index in rng.permutation(len(batches)):
                yield batches[index]


if __name__ == "__main__":
    pack(*sys.argv[1:4])
