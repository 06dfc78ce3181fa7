"""The paper's definitions, N × N and all: the reference that the linear forms must equal."""

import torch
from torch.nn.functional import normalize


def kl(p, q):
    return (p * (p / q).log()).sum(dim=-1)


def distribution_alignment(z1, z2, adj, temperature=1.0):
    p, q = (torch.softmax((z / temperature).flatten(), dim=0) for z in (z1, z2))
    rows_p, rows_q = (torch.softmax(z / temperature, dim=1) for z in (z1, z2))
    rows = kl(rows_p, rows_q) + kl(rows_q, rows_p)
    return kl(p, q) + kl(q, p) + 0.5 * rows.mean()


def divergences(z1, z2, temperature=1.0):
    p, q = (torch.softmax(z / temperature, dim=1) for z in (z1, z2))
    p, q = p[:, None], q[None]
    return kl(p, q) + kl(q, p)  # (N, N)


def neighborhood_alignment(z1, z2, adj, temperature=1.0):
    n = len(z1)
    d = divergences(z1, z2, temperature)
    closed = adj + torch.eye(n, dtype=adj.dtype)
    near = (closed * d).sum(dim=1) / closed.sum(dim=1)
    far = (d.sum(dim=1) - d.diagonal()) / (n - 1)
    return (near / far).mean()


def view_consistency(z1, z2, adj):
    similarity = normalize(z1, dim=1) @ normalize(z2, dim=1).T
    return (similarity - adj - torch.eye(len(z1), dtype=adj.dtype)).square().mean()
