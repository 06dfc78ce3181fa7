"""What a training run reads, as one short text."""

from __future__ import annotations

import hashlib

import numpy as np
from scipy import sparse

from scrcl_geo.graph._relations import Relations


def fingerprint(relations: Relations) -> str:
    """Hexadecimal digest (32 characters) of all arrays of a graph."""
    digest = hashlib.blake2b(digest_size=16)
    matrices = [*relations.features.values(), relations.expression, *relations.edges.values()]
    for matrix in matrices:
        parts = (
            (matrix.indptr, matrix.indices, matrix.data) if sparse.issparse(matrix) else (np.asarray(matrix),)
        )
        for part in parts:
            digest.update(f"{part.dtype}{part.shape}".encode())
            digest.update(np.ascontiguousarray(part).view(np.uint8).data)
    return digest.hexdigest()
