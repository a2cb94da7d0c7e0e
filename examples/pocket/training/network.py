# examples/pocket/training/network.py: The deepseek_v32 network for training: MLA, lightning indexer, experts; float32.
"""One shared prefix (the system message, and earlier turns) stands before every sequence of a batch and is evaluated once,
without gradients when it is long. Behind it the tokens of all sequences are packed, without padding.

Parameter names are those of the published checkpoints, so that the export is a copy.
"""

import json
from types import SimpleNamespace

import torch
import torch.nn.functional as F
from torch import nn

from float8 import fake_quantised


def load_config(path):
    with open(path) as file:
        return SimpleNamespace(**json.load(file))


class Linear(nn.Module):
    """A projection without bias; `quantised` lets the forward pass see the weight as float8 blocks keep it."""

    quantised = False

    def __init__(self, inputs, outputs):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs) * inputs**-0.5)

    def forward(self, x):
        return F.linear(x, fake_quantised(self.weight) if Linear.quantised else self.weight)


class RMSNorm(nn.Module):
    def __init__(self, size, eps):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.eps = eps

    def forward(self, x):
        return F.rms_norm(x, x.shape[-1:], self.weight, self.eps)


def interleaved_rope(x, cos, sin):
    """Rotates the pairs (2i, 2i+1); x [..., n, rope], cos and sin broadcast over it with rope/2."""
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack((even * cos - odd * sin, odd * cos + even * sin), -1).flatten(-2)


def half_rope(x, cos, sin):
    """Rotates the pairs (i, i + rope/2), as the indexer does."""
    low, high = x.chunk(2, -1)
    return torch.cat((low * cos - high * sin, high * cos + low * sin), -1)


class Layout:
    """Where the packed tokens of the sequences stand: their positions behind the prefix, and their padded places.

    The prefix begins at position `offset`; `gap` positions between it and the sequences hold nothing."""

    def __init__(self, prefix, lengths, offset, gap=0):
        self.prefix, self.offset, self.batch, self.longest = prefix, offset, len(lengths), max(lengths)
        lengths = torch.tensor(lengths)
        steps = torch.arange(self.longest)
        self.real = steps[None] < lengths[:, None]
        self.places = self.real.flatten().nonzero().squeeze(1)  # rows of [batch * longest] that hold a token
        self.positions = steps.expand(self.batch, -1)[self.real] + offset + prefix + gap
        own = torch.ones(self.longest, self.longest, dtype=torch.bool).tril()
        self.causal = torch.cat((torch.ones(self.longest, prefix, dtype=torch.bool), own), 1)[None]

    def pad(self, x):
        """Packed rows [n, ...] of the sequences to [batch, longest, ...]."""
        out = x.new_zeros(self.batch * self.longest, *x.shape[1:]).index_copy(0, self.places, x)
        return out.view(self.batch, self.longest, *x.shape[1:])

    def join(self, past, x):
        """The prefix's rows before those of each sequence: [batch, prefix + longest, ...]."""
        return torch.cat((past.expand(self.batch, *past.shape), self.pad(x)), 1)

    def unpad(self, x):
        return x.flatten(0, 1).index_select(0, self.places)


class Indexer(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = c
        self.wq_b = Linear(c.q_lora_rank, c.index_n_heads * c.index_head_dim)
        self.wk = Linear(c.hidden_size, c.index_head_dim)
        self.k_norm = nn.LayerNorm(c.index_head_dim, eps=1e-6)
        self.weights_proj = nn.Linear(c.hidden_size, c.index_n_heads, bias=False)

    def project(self, x, low, cos, sin):
        """Queries [n, heads, dim], keys [n, dim] and head weights [n, heads] of packed tokens."""
        c = self.c
        q = self.wq_b(low).view(-1, c.index_n_heads, c.index_head_dim)
        k = self.k_norm(self.wk(x))
        r = c.qk_rope_head_dim
        q = torch.cat((half_rope(q[..., :r], cos[:, None], sin[:, None]), q[..., r:]), -1)
        k = torch.cat((half_rope(k[..., :r], cos, sin), k[..., r:]), -1)
        return q, k, self.weights_proj(x) * (c.index_n_heads * c.index_head_dim) ** -0.5

    @staticmethod
    def scores(q, weights, keys):
        """q [B, T, h, d], weights [B, T, h], keys [B, S, d] -> [B, T, S]"""
        dots = torch.einsum("bthd,bsd->bhts", q, keys)
        return torch.einsum("bhts,bth->bts", F.relu(dots), weights)


class Attention(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = c
        heads, nope, rope, v = c.num_attention_heads, c.qk_nope_head_dim, c.qk_rope_head_dim, c.v_head_dim
        self.q_a_proj = Linear(c.hidden_size, c.q_lora_rank)
        self.q_a_layernorm = RMSNorm(c.q_lora_rank, c.rms_norm_eps)
        self.q_b_proj = Linear(c.q_lora_rank, heads * (nope + rope))
        self.kv_a_proj_with_mqa = Linear(c.hidden_size, c.kv_lora_rank + rope)
        self.kv_a_layernorm = RMSNorm(c.kv_lora_rank, c.rms_norm_eps)
        self.kv_b_proj = Linear(c.kv_lora_rank, heads * (nope + v))
        self.o_proj = Linear(heads * v, c.hidden_size)
        self.indexer = Indexer(c)

    def forward(self, x, layout, past, cos, sin, mode, losses):
        """past: None for the prefix itself, else what this returned for it. Returns the update and (k, v, index keys)."""
        c = self.c
        heads, nope, rope = c.num_attention_heads, c.qk_nope_head_dim, c.qk_rope_head_dim
        low = self.q_a_layernorm(self.q_a_proj(x))
        q = self.q_b_proj(low).view(-1, heads, nope + rope)
        q = torch.cat((q[..., :nope], interleaved_rope(q[..., nope:], cos[:, None], sin[:, None])), -1)
        latent, key_rope = self.kv_a_proj_with_mqa(x).split((c.kv_lora_rank, rope), -1)
        key_rope = interleaved_rope(key_rope, cos, sin)
        kv = self.kv_b_proj(self.kv_a_layernorm(latent)).view(-1, heads, nope + c.v_head_dim)
        k = torch.cat((kv[..., :nope], key_rope[:, None].expand(-1, heads, -1)), -1)
        v = kv[..., nope:]
        index = self.indexer.project(x.detach(), low.detach(), cos, sin) if mode != "dense" else (None, None, None)
        state = (k, v, index[1])
        if past is None:
            return self.o_proj(self._attend_prefix(q, k, v, index, mode, losses)), state
        parts = index if index[0] is None else (layout.pad(index[0]), layout.join(past[2], index[1]), layout.pad(index[2]))
        out = self._attend(layout.pad(q), layout.join(past[0], k), layout.join(past[1], v), parts, layout.causal, layout.real,
                           mode, losses)
        return self.o_proj(layout.unpad(out)), state

    def _attend_prefix(self, q, k, v, index, mode, losses):
        """Some rows at a time, so that a long prefix needs no square of scores at once."""
        rows = []
        for first in range(0, len(q), 512):
            last = min(first + 512, len(q))
            causal = torch.ones(last - first, last, dtype=torch.bool).tril(first)[None]
            parts = index if index[0] is None else (index[0][None, first:last], index[1][None, :last], index[2][None, first:last])
            rows.append(self._attend(q[None, first:last], k[None, :last], v[None, :last], parts, causal, None, mode, losses)[0])
        return torch.cat(rows)

    def _attend(self, q, k, v, index, causal, real, mode, losses):
        """q [B, T, h, d], k and v [B, S, h, d] -> [B, T, h * v]; adds the indexer's loss to `losses`."""
        if mode == "dense":
            wide = F.pad(v, (0, q.shape[-1] - v.shape[-1]))  # the fused kernel wants one width
            heads = [t.transpose(1, 2) for t in (q, k, wide)]
            out = F.scaled_dot_product_attention(*heads, attn_mask=causal)
            return out[..., : v.shape[-1]].transpose(1, 2).flatten(2)
        scores = self.indexer.scores(index[0], index[2], index[1]).masked_fill(~causal, float("-inf"))
        seen = causal
        if mode == "sparse" and scores.shape[-1] > self.c.index_topk:
            chosen = scores.detach().topk(self.c.index_topk, -1).indices
            seen = torch.zeros_like(scores, dtype=torch.bool).scatter_(-1, chosen, True) & causal
        weights = torch.einsum("bthd,bshd->bhts", q, k) * (q.shape[-1] ** -0.5)
        weights = weights.masked_fill_(~seen[:, None], float("-inf")).softmax(-1)
        if real is not None:  # the sequences teach the indexer; the prefix is the same in every batch
            target = weights.detach().mean(1)
            guess = scores.masked_fill(~seen, float("-inf")).log_softmax(-1)
            kl = (target * ((target + 1e-9).log() - guess.masked_fill(~seen, 0))).sum(-1)
            losses.append(kl[real].mean())
        return torch.einsum("bhts,bshd->bthd", weights, v).flatten(2)


class Mlp(nn.Module):
    def __init__(self, hidden, inner):
        super().__init__()
        self.gate_proj, self.up_proj = Linear(hidden, inner), Linear(hidden, inner)
        self.down_proj = Linear(inner, hidden)

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Router(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(c.n_routed_experts, c.hidden_size) * c.hidden_size**-0.5)
        self.register_buffer("e_score_correction_bias", torch.zeros(c.n_routed_experts))


class Moe(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = c
        self.gate = Router(c)
        self.experts = nn.ModuleList(Mlp(c.hidden_size, c.moe_intermediate_size) for _ in range(c.n_routed_experts))
        self.shared_experts = Mlp(c.hidden_size, c.moe_intermediate_size * c.n_shared_experts)
        self.load = torch.zeros(c.n_routed_experts)

    def forward(self, x):
        c = self.c
        scores = F.linear(x, self.gate.weight).sigmoid()
        chosen = (scores.detach() + self.gate.e_score_correction_bias).topk(c.num_experts_per_tok, -1).indices
        weights = scores.gather(1, chosen)
        weights = weights / (weights.sum(-1, keepdim=True) + 1e-20) * c.routed_scaling_factor
        order = chosen.flatten().argsort(stable=True)
        rows = order // c.num_experts_per_tok
        counts = torch.bincount(chosen.flatten(), minlength=c.n_routed_experts)
        parts = x.index_select(0, rows).split(counts.tolist())
        mixed = torch.cat([expert(part) for expert, part in zip(self.experts, parts)])
        mixed = mixed * weights.flatten()[order, None]
        self.load = counts.float() / counts.sum()
        return self.shared_experts(x).index_add(0, rows, mixed)

    def balance(self, speed):
        """Moves the correction bias by the load, as the vendor does: no gradient, no extra loss."""
        bias = self.gate.e_score_correction_bias
        bias += speed * (1 / self.c.n_routed_experts - self.load).sign()


class Layer(nn.Module):
    def __init__(self, c, index):
        super().__init__()
        self.input_layernorm = RMSNorm(c.hidden_size, c.rms_norm_eps)
        self.self_attn = Attention(c)
        self.post_attention_layernorm = RMSNorm(c.hidden_size, c.rms_norm_eps)
        self.mlp = Mlp(c.hidden_size, c.intermediate_size) if index < c.first_k_dense_replace else Moe(c)

    def forward(self, x, *rest):
        update, state = self.self_attn(self.input_layernorm(x), *rest)
        x = x + update
        return x + self.mlp(self.post_attention_layernorm(x)), state


class Network(nn.Module):
    """mode: "dense" (no indexer), "warmup" (dense attention, the indexer learns it), "sparse" (attention over the top-k)."""

    def __init__(self, c):
        super().__init__()
        self.c = c
        self.model = nn.Module()
        self.model.embed_tokens = nn.Embedding(c.vocab_size, c.hidden_size)
        nn.init.normal_(self.model.embed_tokens.weight, std=0.5)
        self.model.layers = nn.ModuleList(Layer(c, i) for i in range(c.num_hidden_layers))
        self.model.norm = RMSNorm(c.hidden_size, c.rms_norm_eps)
        self.lm_head = nn.Linear(c.hidden_size, c.vocab_size, bias=False)
        nn.init.zeros_(self.lm_head.weight)
        for layer in self.model.layers:
            for name, parameter in layer.named_parameters():
                if name.endswith(("o_proj.weight", "down_proj.weight")):
                    parameter.data.mul_(0.3)
        self.register_buffer("angles", c.rope_theta ** (-torch.arange(0, c.qk_rope_head_dim, 2) / c.qk_rope_head_dim), persistent=False)

    def forward(self, prefix, ids, layout, wanted, mode="dense", frozen=False):
        """prefix ids [p]; ids packed [n]; wanted: rows of ids whose logits are needed; frozen: no gradient through the prefix.
        Returns logits [wanted, vocab] and the indexer's losses."""
        losses = []
        with torch.set_grad_enabled(torch.is_grad_enabled() and not frozen):
            _, past = self._layers(prefix, torch.arange(len(prefix)) + layout.offset, None, None, mode, losses)
        x, _ = self._layers(ids, layout.positions, layout, past, mode, losses)
        return self.lm_head(self.model.norm(x.index_select(0, wanted))), losses

    def _layers(self, ids, positions, layout, past, mode, losses):
        turn = positions[:, None] * self.angles
        cos, sin, states = turn.cos(), turn.sin(), []
        x = self.model.embed_tokens(ids)
        for index, layer in enumerate(self.model.layers):
            x, state = layer(x, layout, past and past[index], cos, sin, mode, losses)
            states.append(state)
        return x, states
