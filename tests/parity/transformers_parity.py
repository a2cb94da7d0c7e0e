#!/usr/bin/env python3
"""Holds the engine against PyPI transformers: tiny random deepseek_v32 models, the same tokens, logits and selections.

Needs torch, transformers 5.x, numpy and safetensors, and a built heddle:

    tests/parity/transformers_parity.py --heddle build/release/heddle [--record tests/vectors/parity]

What it compensates for on the side of transformers, and where transformers departs from the vendor's maths, stands in
README.md beside this file. Ends with status 1 when a bound does not hold.
"""

import argparse
import contextlib
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import torch
from safetensors.torch import save_file
from transformers.models.deepseek_v32 import modeling_deepseek_v32 as modeling
from transformers.models.deepseek_v32.configuration_deepseek_v32 import DeepseekV32Config

YARN = dict(factor=40.0, original_max_position_embeddings=4096, beta_fast=32, beta_slow=1, mscale=1.0, mscale_all_dim=1.0)
# A short first training, so that the ramp lies within few dimensions and the angles of 200 positions feel it.
SHORT_YARN = dict(YARN, factor=8.0, original_max_position_embeddings=64)
MSCALE_YARN = dict(SHORT_YARN, mscale=0.707, mscale_all_dim=0.5)

BASE = dict(vocab_size=97, hidden_size=48, intermediate_size=88, moe_intermediate_size=28, num_hidden_layers=3,
            num_attention_heads=3, num_key_value_heads=3, n_shared_experts=1, n_routed_experts=8, kv_lora_rank=36,
            q_lora_rank=44, qk_rope_head_dim=8, qk_nope_head_dim=20, v_head_dim=12, n_group=1, topk_group=1,
            num_experts_per_tok=3, first_k_dense_replace=1, index_topk=8, index_head_dim=16, index_n_heads=4,
            max_position_embeddings=4096, routed_scaling_factor=2.5)

# name: (what differs from BASE, rope scaling, how config.json spells it, the type of the linear weights)
CASES = {
    "plain": ({}, None, "old", "f32"),
    "groups": (dict(n_group=4, topk_group=2, num_experts_per_tok=2), None, "old", "f32"),
    "yarn": (dict(max_position_embeddings=163840), YARN, "old", "f32"),
    "short_yarn": (dict(max_position_embeddings=512, n_group=2), SHORT_YARN, "new", "f32"),
    "mscale": (dict(max_position_embeddings=512), MSCALE_YARN, "old", "f32"),
    "all_sparse": (dict(first_k_dense_replace=0, norm_topk_prob=False, n_shared_experts=2), None, "new", "f32"),
    "all_dense": (dict(first_k_dense_replace=3), None, "old", "f32"),
    "wide": (dict(hidden_size=200, q_lora_rank=130, kv_lora_rank=132, qk_rope_head_dim=16, num_attention_heads=5,
                  num_key_value_heads=5, index_n_heads=3, index_head_dim=32, n_routed_experts=6, num_hidden_layers=2),
             None, "old", "f32"),
    "bf16": (dict(n_group=2, max_position_embeddings=512), SHORT_YARN, "old", "bf16"),
    "fp8": (dict(hidden_size=200, q_lora_rank=130, kv_lora_rank=132, n_group=2), None, "old", "fp8"),
    "recorded": (dict(hidden_size=40, num_hidden_layers=2, vocab_size=61, intermediate_size=60, q_lora_rank=28,
                      moe_intermediate_size=20, n_group=2, num_experts_per_tok=2, max_position_embeddings=512),
                 SHORT_YARN, "old", "f32"),
}
TOKENS = 200
BLOCK = 128


def make_config(changes, scaling):
    rope = dict(rope_type="yarn", **scaling) if scaling else dict(rope_type="default")
    settings = dict(BASE, **changes)
    return DeepseekV32Config(**settings, rope_parameters=dict(rope, rope_theta=10000.0), pad_token_id=None)


def fill(model, generator):
    """Weights that keep activations lively: random norms and biases too, which fresh models do not have."""
    for name, tensor in list(model.named_parameters()) + [
            (n, b) for n, b in model.named_buffers() if n.endswith("e_score_correction_bias")]:
        noise = torch.randn(tensor.shape, generator=generator)
        if name.endswith("norm.weight"):
            value = 1 + 0.2 * noise
        elif name.endswith("e_score_correction_bias") or name.endswith("norm.bias"):
            value = 0.2 * noise
        elif name.endswith("embed_tokens.weight"):
            value = noise
        else:
            value = noise / tensor.shape[-1] ** 0.5
        with torch.no_grad():
            tensor.copy_(value)


def published(state, config):
    """The names of the published checkpoints: transformers stacks the experts' matrices, the vendor does not."""
    tensors = {}
    for name, tensor in state.items():
        if ".mlp.experts." not in name:
            tensors[name] = tensor.clone()
            continue
        prefix = name.rsplit(".", 1)[0]
        for expert in range(config.n_routed_experts):
            if name.endswith("gate_up_proj"):
                gate, up = tensor[expert].chunk(2, dim=0)
                tensors[f"{prefix}.{expert}.gate_proj.weight"] = gate.clone()
                tensors[f"{prefix}.{expert}.up_proj.weight"] = up.clone()
            else:
                tensors[f"{prefix}.{expert}.down_proj.weight"] = tensor[expert].clone()
    return tensors


def is_quantised(name):
    kept = ("embed_tokens", "lm_head", "norm", "mlp.gate.", "weights_proj", "correction_bias")
    return not any(part in name for part in kept)


def quantise_blocks(tensor):
    """e4m3 with one power-of-two scale for each block of 128 x 128, and what it stands for."""
    rows, columns = tensor.shape
    scales = torch.zeros((rows + BLOCK - 1) // BLOCK, (columns + BLOCK - 1) // BLOCK)
    narrow = torch.zeros(rows, columns, dtype=torch.float8_e4m3fn)
    wide = torch.zeros(rows, columns)
    for i in range(scales.shape[0]):
        for j in range(scales.shape[1]):
            at = (slice(i * BLOCK, (i + 1) * BLOCK), slice(j * BLOCK, (j + 1) * BLOCK))
            scales[i, j] = 2.0 ** torch.ceil(torch.log2(tensor[at].abs().max() / 448))
            narrow[at] = (tensor[at] / scales[i, j]).to(torch.float8_e4m3fn)
            wide[at] = narrow[at].float() * scales[i, j]
    return narrow, scales, wide


def narrow_weights(model, config, kind):
    """What is stored, by published name; the model is given exactly what the stored weights stand for."""
    stored = {}
    widened = {}
    for name, tensor in published(model.state_dict(), config).items():
        stored[name] = tensor
        if kind == "bf16" and not name.endswith("correction_bias"):
            stored[name] = tensor.to(torch.bfloat16)
            widened[name] = stored[name].float()
        elif kind == "fp8" and is_quantised(name):
            stored[name], stored[name.replace("weight", "weight_scale_inv")], widened[name] = quantise_blocks(tensor)
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if name in widened:
                tensor.copy_(widened[name])
            elif ".mlp.experts." in name and widened:
                prefix = name.rsplit(".", 1)[0]
                for expert in range(config.n_routed_experts):
                    parts = ["gate_proj", "up_proj"] if name.endswith("gate_up_proj") else ["down_proj"]
                    tensor[expert].copy_(torch.cat([widened[f"{prefix}.{expert}.{part}.weight"] for part in parts]))
    return stored


def write_checkpoint(folder, model, config, spelling, kind):
    save_file(narrow_weights(model, config, kind), folder / "model.safetensors", metadata={"format": "pt"})
    values = config.to_dict()
    rope = values.pop("rope_parameters")
    if spelling == "new":
        values["rope_parameters"] = rope
    else:
        values["rope_theta"] = rope.pop("rope_theta")
        kind_of_rope = rope.pop("rope_type")
        values["rope_scaling"] = dict(type=kind_of_rope, **rope) if kind_of_rope == "yarn" else None
    values.update(architectures=["DeepseekV32ForCausalLM"], model_type="deepseek_v32", scoring_func="sigmoid",
                  topk_method="noaux_tc", moe_layer_freq=1, torch_dtype="float32")
    if kind == "fp8":
        values["quantization_config"] = dict(quant_method="fp8", fmt="e4m3", activation_scheme="dynamic",
                                             scale_fmt="ue8m0", weight_block_size=[BLOCK, BLOCK])
    (folder / "config.json").write_text(json.dumps(values, indent=1, default=str))


def hadamard(size):
    matrix = torch.ones(1, 1)
    while len(matrix) < size:
        matrix = torch.cat([torch.cat([matrix, matrix], 1), torch.cat([matrix, -matrix], 1)])
    return matrix / size ** 0.5


def as_stored(vectors):
    """Eight bits: the vendor's Hadamard transform, then whole numbers up to 127, and the scale of each vector."""
    turned = vectors @ hadamard(vectors.shape[-1]).to(vectors.dtype)
    scale = turned.abs().amax(-1, keepdim=True).clamp(min=1e-30) / 127
    return torch.round(turned / scale), scale


class Selections:
    """Records what each layer's indexer selects, and makes ties go to the lower position: torch.topk promises none.

    With `quantised`, queries and keys pass through what transformers leaves out.
    """

    def __init__(self, quantised):
        self.quantised = quantised

    def __enter__(self):
        self.sets = []
        self.matmul = torch.matmul
        self.original = modeling.DeepseekV32Indexer.forward
        topk = torch.Tensor.topk

        def stable_topk(scores, k, dim=-1):
            order = torch.sort(scores, dim=dim, descending=True, stable=True)
            return torch.return_types.topk((order.values[..., :k], order.indices[..., :k]))

        def quantising_matmul(a, b):
            if a.shape[-1] == b.shape[-2] == self.dim and a.shape[-2] == self.heads:  # queries against keys
                queries, query_scales = as_stored(a)
                keys, key_scales = as_stored(b.transpose(-1, -2))
                whole = self.matmul(queries, keys.transpose(-1, -2))  # exact: a sum that is zero stays zero
                return whole * query_scales * key_scales.transpose(-1, -2)
            return self.matmul(a, b)

        def forward(indexer, *arguments, **named):
            self.dim, self.heads = indexer.head_dim, indexer.n_heads
            torch.Tensor.topk = stable_topk
            if self.quantised:
                torch.matmul = quantising_matmul
            try:
                chosen = self.original(indexer, *arguments, **named)
            finally:
                torch.Tensor.topk = topk
                torch.matmul = self.matmul
            self.sets.append([set(int(s) for s in row if s <= t) for t, row in enumerate(chosen[0])])
            return chosen

        modeling.DeepseekV32Indexer.forward = forward
        return self

    def __exit__(self, *_):
        modeling.DeepseekV32Indexer.forward = self.original


@contextlib.contextmanager
def in_doubles():
    """What asks for float32 gets doubles: norms, angles and scores are as precise as the model itself."""
    kept = torch.float32, torch.float, torch.Tensor.float
    torch.float32 = torch.float = torch.float64
    torch.Tensor.float = torch.Tensor.double
    try:
        yield
    finally:
        torch.float32, torch.float, torch.Tensor.float = kept


def run_transformers(model, ids, quantised):
    with Selections(quantised) as selections, in_doubles(), torch.no_grad():
        logits = model(torch.tensor([ids])).logits[0].numpy()
    return logits, selections.sets


def run_heddle(heddle, folder, ids, *flags):
    (folder / "ids.json").write_text(json.dumps(ids))
    outputs = [folder / "logits.npy", folder / "selected.npy"]
    command = [heddle, "model", "eval", "--model", folder, "--cache-rows", "f32", "--activations", "f32",
               "--ids", folder / "ids.json",
               "--logits", outputs[0], "--selected", outputs[1], *flags]
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)
    return [np.load(file) for file in outputs]


def compare(ours, selected, theirs, sets):
    """Relative error of the rows on whose selections all layers agree; share of selected positions in common."""
    common = total = 0
    agree = np.ones(len(theirs), dtype=bool)
    for layer, rows in enumerate(sets):
        for t, row in enumerate(rows):
            own = set(int(s) for s in selected[layer, t] if s >= 0)
            common += len(own & row)
            total += len(row)
            agree[t] &= own == row
    error = np.linalg.norm(ours - theirs, axis=1) / np.linalg.norm(theirs, axis=1)
    return float(error[agree].max()), float(agree.mean()), common / total


def run_case(name, heddle, record):
    changes, scaling, spelling, kind = CASES[name]
    torch.manual_seed(0)
    config = make_config(changes, scaling)
    config._attn_implementation = config._experts_implementation = "eager"
    model = modeling.DeepseekV32ForCausalLM(config).eval()
    fill(model, torch.Generator().manual_seed(len(name)))
    ids = np.random.default_rng(7).integers(0, config.vocab_size, TOKENS).tolist()
    passed = True
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        write_checkpoint(folder, model, config, spelling, kind)
        model.double()  # a float's rounding would tip what is rounded to int8 here and there
        with in_doubles():
            model.model.rotary_emb = modeling.DeepseekV32RotaryEmbedding(config)
        exact, int8 = run_transformers(model, ids, False), run_transformers(model, ids, True)
        runs = [("reference", "exact", exact, 1e-6, 1.0), ("cpu", "exact", exact, 1e-4, 0.98),
                ("reference", "int8", int8, 1e-6, 1.0), ("cpu", "int8", int8, 1e-4, 0.98)]
        for backend, indexer, theirs, error_max, shared_min in runs:
            ours = run_heddle(heddle, folder, ids, "--backend", backend, "--indexer", indexer)
            error, agree, shared = compare(*ours, *theirs)
            holds = error < error_max and shared >= shared_min
            passed &= holds
            print(f"{name:11} {backend:9} {indexer:5}  error {error:.1e}  rows agreeing {agree:6.1%}"
                  f"  selected in common {shared:7.2%}  {'ok' if holds else 'FAILS'}", flush=True)
        if record and name == "recorded":
            write_record(folder, record, ids, exact, int8)
    return passed


RECORDED_POSITIONS = [0, 7, 8, 63, 64, 100, 150, 199]


def write_record(folder, target, ids, exact, int8):
    """The checkpoint, and of both indexers: all selections, the logits of some positions."""
    target.mkdir(parents=True, exist_ok=True)
    for file in ("config.json", "model.safetensors"):
        (target / file).write_bytes((folder / file).read_bytes())
    record = dict(ids=ids, positions=RECORDED_POSITIONS)
    for name, (logits, sets) in (("exact", exact), ("int8", int8)):
        record[name] = dict(logits=[[float(f"{v:.7g}") for v in logits[p]] for p in RECORDED_POSITIONS],
                            selected=[[sorted(row) for row in layer] for layer in sets])
    (target / "expected.json").write_text(json.dumps(record, separators=(",", ":")) + "\n")


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--heddle", type=pathlib.Path, required=True)
    arguments.add_argument("--case", choices=CASES, action="append")
    arguments.add_argument("--record", type=pathlib.Path, help="folder of the recorded vectors to write anew")
    options = arguments.parse_args()
    torch.set_num_threads(2)
    results = [run_case(name, options.heddle, options.record) for name in options.case or CASES]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
