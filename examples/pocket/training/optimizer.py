# examples/pocket/training/optimizer.py: Muon for the matrices of the body, AdamW for all else.

import collections

import torch


def orthogonalised(matrices, steps=5):
    """Pushes all singular values of a stack of matrices [n, rows, columns] towards one (Newton-Schulz, quintic)."""
    flip = matrices.shape[1] > matrices.shape[2]
    x = matrices.transpose(1, 2) if flip else matrices
    x = x / (x.flatten(1).norm(dim=1)[:, None, None] + 1e-7)
    for _ in range(steps):
        gram = x @ x.transpose(1, 2)
        x = 3.4445 * x + (-4.775 * gram + 2.0315 * gram @ gram) @ x
    return x.transpose(1, 2) if flip else x


class Muon(torch.optim.Optimizer):
    """Momentum whose matrix is orthogonalised before the step; matrices of one shape go together."""

    def __init__(self, parameters, lr, momentum=0.95, weight_decay=0.05):
        super().__init__(parameters, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            by_shape = collections.defaultdict(list)
            for p in group["params"]:
                if p.grad is not None:
                    by_shape[p.shape].append(p)
            for shape, members in by_shape.items():
                updates = []
                for p in members:
                    velocity = self.state[p].setdefault("velocity", torch.zeros_like(p))
                    velocity.lerp_(p.grad, 1 - group["momentum"])
                    updates.append(p.grad.lerp(velocity, group["momentum"]))
                scale = group["lr"] * max(1, shape[0] / shape[1]) ** 0.5
                for p, update in zip(members, orthogonalised(torch.stack(updates))):
                    p.mul_(1 - group["lr"] * group["weight_decay"]).add_(update, alpha=-scale)


def optimizers_for(network, muon_lr, adam_lr):
    """Muon and AdamW over the body, and AdamW over the indexer alone (it learns from its own loss)."""
    body, other, indexer = [], [], []
    for name, parameter in network.named_parameters():
        if ".indexer." in name:
            indexer.append(parameter)
        elif parameter.ndim == 2 and "proj" in name and "layers" in name:
            body.append(parameter)
        else:
            other.append(parameter)
    adam = lambda parameters, lr: torch.optim.AdamW(parameters, lr=lr, betas=(0.9, 0.98), weight_decay=0.0, foreach=True)
    return [Muon(body, muon_lr), adam(other, adam_lr), adam(indexer, adam_lr)]
