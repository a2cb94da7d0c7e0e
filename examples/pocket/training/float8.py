# examples/pocket/training/float8.py: Weights as float8 e4m3 in blocks of 128x128 with power-of-two scales.

import torch
from safetensors.torch import load_file

BLOCK = 128


def scales_of(weight):
    """One scale a block: the smallest power of two that brings the block within +-448. [ceil(out/128), ceil(in/128)]"""
    rows, columns = (-(-size // BLOCK) for size in weight.shape)
    padded = weight.new_zeros(rows * BLOCK, columns * BLOCK)
    padded[: weight.shape[0], : weight.shape[1]] = weight.abs()
    largest = padded.view(rows, BLOCK, columns, BLOCK).amax((1, 3)).clamp(min=1e-4)
    return torch.exp2(torch.ceil(torch.log2(largest / 448)))


def quantise(weight):
    """float8 weight and float32 scales; the weight is their product."""
    scales = scales_of(weight)
    spread = scales.repeat_interleave(BLOCK, 0).repeat_interleave(BLOCK, 1)[: weight.shape[0], : weight.shape[1]]
    return (weight / spread).clamp(-448, 448).to(torch.float8_e4m3fn), scales, spread


def fake_quantised(weight):
    """The weight as the checkpoint will hold it; gradients pass as if it were unrounded."""
    with torch.no_grad():
        eight, _, spread = quantise(weight)
        rounding = eight.float() * spread - weight
    return weight + rounding


def widened(path):
    """The tensors of a published model as float32, by name."""
    tensors = load_file(path)
    wide = {}
    for name, value in tensors.items():
        if name.endswith("_scale_inv"):
            continue
        wide[name] = value.float()
        scales = tensors.get(name + "_scale_inv")
        if scales is not None:
            spread = scales.repeat_interleave(BLOCK, 0).repeat_interleave(BLOCK, 1)
            wide[name] *= spread[: value.shape[0], : value.shape[1]]
    return wide
