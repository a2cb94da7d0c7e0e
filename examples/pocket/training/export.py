# examples/pocket/training/export.py: Writes a training checkpoint as a model folder in the published format.
"""Usage: export.py DIR   (reads DIR/checkpoint.pt and DIR/tokenizer.json, writes ../model)

Projections become float8 e4m3 with one power-of-two scale a block of 128x128; embeddings, head, norms, router and the
indexer's head weights bfloat16; the indexer's key norm and the router's correction bias float32.
"""

import json
import os
import shutil
import sys

import torch
from safetensors.torch import save_file

from float8 import quantise

MODEL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../model")
KEPT_IN_FLOAT32 = ("k_norm.weight", "k_norm.bias", "e_score_correction_bias")
NOT_QUANTISED = ("embed_tokens.weight", "lm_head.weight", "norm.weight", "mlp.gate.weight", "weights_proj.weight")


def published(state):
    """Tensors by their published names and types."""
    tensors = {}
    for name, value in state.items():
        value = value.detach().float().contiguous()
        if name.endswith(KEPT_IN_FLOAT32):
            tensors[name] = value
        elif name.endswith(NOT_QUANTISED):
            tensors[name] = value.to(torch.bfloat16)
        else:
            eight, scales, _ = quantise(value)
            tensors[name] = eight.contiguous()
            tensors[name + "_scale_inv"] = scales.contiguous()
    return tensors


def main(folder):
    state = torch.load(f"{folder}/checkpoint.pt", map_location="cpu")["network"]
    save_file(published(state), f"{MODEL}/model.safetensors", {"format": "pt"})
    shutil.copy(f"{folder}/tokenizer.json", f"{MODEL}/tokenizer.json")
    generation = {"bos_token_id": 0, "do_sample": False, "eos_token_id": 1}
    with open(f"{MODEL}/generation_config.json", "w") as file:
        file.write(json.dumps(generation, indent=2) + "\n")
    print(sum(os.path.getsize(os.path.join(MODEL, name)) for name in os.listdir(MODEL)), "bytes in", os.path.normpath(MODEL))


if __name__ == "__main__":
    main(sys.argv[1])
