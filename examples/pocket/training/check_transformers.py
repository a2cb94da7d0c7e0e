# examples/pocket/training/check_transformers.py: Holds the network and the exported model against PyPI transformers.
"""Usage: check_transformers.py DIR   (needs ../model; DIR has system.json and an episode file packed as valid.npz)

The exported weights are widened to float32 and run by transformers' deepseek_v32 and by network.py; the logits must agree.
transformers leaves out the Hadamard transform and the float8 rounding of the indexer, as network.py does.
"""

import json
import os
import sys

import numpy as np
import torch
from transformers import DeepseekV32Config, DeepseekV32ForCausalLM

from float8 import widened
from network import Layout, Network, load_config
from packing import Encoder

MODEL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../model")


def for_transformers(state, experts):
    """transformers keeps the experts of a layer in two tensors."""
    out = {name: value for name, value in state.items() if ".experts." not in name}
    for layer in sorted({name.split(".experts.")[0] for name in state if ".experts." in name}):
        part = lambda e, which: state[f"{layer}.experts.{e}.{which}.weight"]
        out[f"{layer}.experts.gate_up_proj"] = torch.stack([torch.cat((part(e, "gate_proj"), part(e, "up_proj"))) for e in range(experts)])
        out[f"{layer}.experts.down_proj"] = torch.stack([part(e, "down_proj") for e in range(experts)])
    return out


@torch.no_grad()
def main(folder):
    c = load_config(f"{MODEL}/config.json")
    state = widened(f"{MODEL}/model.safetensors")
    own = Network(c)
    own.load_state_dict(state)
    with open(f"{MODEL}/config.json") as file:
        settings = {k: v for k, v in json.load(file).items() if k != "quantization_config"}
    other = DeepseekV32ForCausalLM(DeepseekV32Config(**settings, attn_implementation="eager")).float().eval()
    missing, unexpected = other.load_state_dict(for_transformers(state, c.n_routed_experts), strict=False)
    assert not missing and not unexpected, (missing, unexpected)
    with open(f"{folder}/system.json") as file:
        prefix = Encoder(f"{MODEL}/tokenizer.json").entry(json.load(file))
    data = np.load(f"{folder}/valid.npz")
    for k in range(3):
        ids = torch.from_numpy(data["ids"].astype(np.int64)[data["ends"][k] : data["ends"][k + 1]])
        whole = torch.cat((torch.tensor(prefix), ids))
        layout = Layout(len(prefix), [len(ids)], 0)
        ours, _ = own(torch.tensor(prefix), ids, layout, torch.arange(len(ids)), "sparse")
        theirs = other(whole[None]).logits[0, len(prefix) :]
        error = float((ours - theirs).norm() / theirs.norm())
        print(f"{len(whole)} tokens: relative error {error:.2e}, same likeliest token {float((ours.argmax(-1) == theirs.argmax(-1)).float().mean()):.4f}")
        assert error < 1e-3


if __name__ == "__main__":
    main(sys.argv[1])
