# examples/pocket/training/average.py: Averages the weights of checkpoints of one run, which errs less than any of them.
"""Usage: average.py OUT DIR...   (each with checkpoint.pt; OUT goes on from the last one's optimizers)

After Wortsman et al., Model soups (arXiv 2203.05482): checkpoints at the ends of falling rates lie in one basin.
"""

import os
import shutil
import sys

import torch


def main(out, *folders):
    saved = [torch.load(f"{folder}/checkpoint.pt") for folder in folders]
    mean = {name: sum(one["network"][name].float() for one in saved) / len(saved) for name in saved[0]["network"]}
    os.makedirs(out, exist_ok=True)
    torch.save({**saved[-1], "network": mean}, f"{out}/checkpoint.pt")
    for name in ("tokenizer.json", "system.json"):
        shutil.copy(f"{folders[0]}/{name}", out)


if __name__ == "__main__":
    main(*sys.argv[1:])
