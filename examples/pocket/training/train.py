# examples/pocket/training/train.py: Trains the network stage by stage; goes on from its last checkpoint.
"""Usage: train.py --data DIR --stage {dense,warmup,sparse} --minutes M [--mix SHORT,WHOLE,LONG] [--float8] [--rate R]

DIR holds tokenizer.json, checkpoint.pt, and for conversations about a folder system.json, train-*.npz and valid.npz (held-out
wordings), for those about documents documents.json, documents-*.npz and documents-valid.npz; long-*.npz are conversations
of many turns. A batch is of one kind, and stands behind the system message's end (cheap), behind all of it, or behind a long
conversation: --mix says how often each.
"""

import argparse
import glob
import json
import os
import time

import numpy as np
import torch
import torch.nn.functional as F

from network import Layout, Linear, Moe, Network, load_config
from optimizer import optimizers_for
from packing import Encoder, Episodes, Histories

HERE = os.path.dirname(os.path.abspath(__file__))


SHORT = 16  # tokens of the system message that a cheap prefix keeps
GAP_MAX = 6500  # positions
FROZEN = 1000  # a longer prefix gets no gradient


class Prefixes:
    """What stands before the sequences of a batch: (prefix ids, position of its first token, positions skipped after it, batch)."""

    def __init__(self, folder, system, mix):
        with open(f"{folder}/{system}.json") as file:
            self.system = np.array(Encoder(f"{folder}/tokenizer.json").entry(json.load(file)))
        self.mix = np.array([float(share) for share in mix.split(",")])
        self.histories = Histories(sorted(glob.glob(f"{folder}/long-*.npz"))).items if self.mix[2] and system == "system" else []

    def short(self, batch):
        return np.append(self.system[:1], self.system[1 - SHORT :]), len(self.system) - SHORT, 0, batch

    def whole(self, batch, gap=0):
        return self.system, 0, gap, batch

    def long(self, rng, batch):
        """Half of the batch behind a conversation that is no business of it, and that conversation's own last turn."""
        history, turn = self.histories[rng.integers(len(self.histories))]
        return np.append(self.system, history), 0, 0, [turn, *batch[: max(1, len(batch) // 2)]]

    def draw(self, rng, batch):
        """Which of the three it is, then as the three return it."""
        kind = rng.choice(3, p=self.mix / self.mix.sum())
        gap = max(0, int(rng.integers(-GAP_MAX, GAP_MAX)))  # every other whole prefix is far away, which costs nothing
        if kind == 2 and self.histories:
            return kind, *self.long(rng, batch)
        return kind, *(self.short(batch) if kind == 0 else self.whole(batch, gap))


def run(network, prefix, first, gap, batch, mode):
    """Logits before each learned token, those tokens, and the indexer's losses."""
    ids = torch.from_numpy(np.concatenate([item[0] for item in batch]))
    learned = torch.from_numpy(np.concatenate([item[1] for item in batch]))
    layout = Layout(len(prefix), [len(item[0]) for item in batch], first, gap)
    learned = learned.nonzero().squeeze(1)
    logits, losses = network(torch.from_numpy(prefix), ids, layout, learned - 1, mode, len(prefix) > FROZEN)
    return logits, ids[learned], losses


def drawn_batches(rng, options, kinds):
    """Without end: the prefixes of a kind of conversation, and a batch of its episodes; further recordings join after a pass."""

    def passes(name):
        while True:
            episodes = Episodes(sorted(glob.glob(f"{options.data}/{name}-[0-9]*.npz")), options.longest)
            if not episodes.items:
                raise SystemExit(f"no episode in {options.data}/{name}-*.npz is of {options.longest} tokens or less; record some, or raise --longest")
            print(f"{len(episodes.items)} episodes {name}", flush=True)
            yield from episodes.batches(rng, options.budget)

    folder, documents = passes("train"), passes("documents")
    while True:
        about_documents = rng.random() < options.documents
        yield kinds["documents" if about_documents else "system"], next(documents if about_documents else folder)


@torch.no_grad()
def validate(network, episodes, prefixes, mode, budget):
    """Loss a token, and the share of episodes whose every learned token is the likeliest one."""
    loss, tokens, whole_right, families = 0.0, 0, 0, {}
    for batch in episodes.batches(np.random.default_rng(0), budget):
        logits, target, _ = run(network, *prefixes.whole(batch), mode)
        loss += F.cross_entropy(logits, target, reduction="sum").item()
        tokens += len(target)
        right = (logits.argmax(-1) == target).split([int(item[1].sum()) for item in batch])
        for item, flags in zip(batch, right):
            solved = families.setdefault(item[2], [0, 0])
            solved[0] += bool(flags.all())
            solved[1] += 1
            whole_right += bool(flags.all())
    worst = sorted(families, key=lambda f: families[f][0] / families[f][1])[:12]
    return loss / tokens, whole_right / len(episodes.items), {f: "%d/%d" % tuple(families[f]) for f in worst}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--stage", choices=["dense", "warmup", "sparse"], required=True)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--mix", default="0,1,0", help="shares of batches behind a short, the whole and a long prefix")
    parser.add_argument("--documents", type=float, default=0, help="share of batches about documents")
    parser.add_argument("--budget", type=int, default=6000)
    parser.add_argument("--longest", type=int, default=1200)
    parser.add_argument("--rate", type=float, default=1.0)
    parser.add_argument("--rate-end", type=float, help="rate at the end of the stage; between them a straight line")
    parser.add_argument("--float8", action="store_true")
    options = parser.parse_args()
    torch.manual_seed(0)
    Linear.quantised = options.float8
    config = load_config(f"{HERE}/../model/config.json")
    network = Network(config)
    kinds = {name: Prefixes(options.data, name, options.mix) for name in ("system", "documents") if name == "system" or options.documents}
    optimizers = optimizers_for(network, 0.02, 4e-3)
    moes = [m for m in network.modules() if isinstance(m, Moe)]
    done = {"steps": 0, "tokens": 0}
    path = f"{options.data}/checkpoint.pt"
    if os.path.exists(path):
        saved = torch.load(path)
        network.load_state_dict(saved["network"])
        for optimizer, state in zip(optimizers, saved["optimizers"]):
            optimizer.load_state_dict(state)
        done = saved["done"]
    rates = [group["lr"] for optimizer in optimizers for group in optimizer.param_groups] if not done["steps"] else [0.02, 4e-3, 4e-3]
    valid = {"system": Episodes([f"{options.data}/valid.npz"], options.longest)}
    if options.documents:
        valid["documents"] = Episodes([f"{options.data}/documents-valid.npz"], options.longest)
    for episodes in valid.values():
        episodes.items = episodes.items[:60]
    begin = checked = kept = time.time()
    first_step, rng = done["steps"], np.random.default_rng(done["steps"])
    sums = np.zeros((3, 3))  # a row a kind of prefix: loss, loss of the indexer, batches

    def save():
        state = {"network": network.state_dict(), "optimizers": [o.state_dict() for o in optimizers], "done": done}
        torch.save(state, path + ".new")
        os.replace(path + ".new", path)

    for prefixes, batch in drawn_batches(rng, options, kinds):
        spent = (time.time() - begin) / 60 / options.minutes
        warm = min(1, (done["steps"] - first_step + 1) / (100 if first_step == 0 else 20))
        end = options.rate if options.rate_end is None else options.rate_end
        factor = warm * (options.rate + (end - options.rate) * min(1, spent))
        for optimizer, rate in zip(optimizers, rates):
            optimizer.param_groups[0]["lr"] = rate * factor
        if options.stage == "warmup":
            for name, parameter in network.named_parameters():
                parameter.requires_grad_(".indexer." in name)
        kind, prefix, first, gap, batch = prefixes.draw(rng, batch)
        logits, target, index_losses = run(network, prefix, first, gap, batch, options.stage)
        loss = F.cross_entropy(logits, target)
        index_loss = sum(index_losses) if index_losses else torch.zeros(())
        (index_loss if options.stage == "warmup" else loss + index_loss).backward()
        torch.nn.utils.clip_grad_norm_([p for p in network.parameters() if p.grad is not None], 1.0, foreach=True)
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        for moe in moes:
            moe.balance(0.001 if options.stage != "warmup" else 0)
        done["steps"] += 1
        done["tokens"] += sum(len(item[0]) for item in batch)
        sums[kind] += [loss.item(), index_loss.item(), 1]
        if done["steps"] % 20 == 0:
            means = sums[:, :2] / np.maximum(sums[:, 2:], 1)
            print(f"{options.stage} step {done['steps']} tokens {done['tokens'] / 1e6:.2f}M loss short, whole, long "
                  f"{means[0][0]:.4f} {means[1][0]:.4f} {means[2][0]:.4f} index {means[1][1]:.3f} {means[2][1]:.3f} "
                  f"{(time.time() - begin) / 60:.1f} min load {max(float(m.load.max()) for m in moes):.2f}", flush=True)
            sums[:] = 0
        finished = spent >= 1
        if finished or time.time() - kept > 120:
            save()
            kept = time.time()
        if finished or time.time() - checked > 1200:
            for name, episodes in valid.items():
                figures = validate(network, episodes, kinds[name], options.stage, options.budget)
                print(f"{name} valid loss %.4f whole episodes %.3f worst %s" % figures, flush=True)
            checked = time.time()
        if finished:
            break


if __name__ == "__main__":
    main()
