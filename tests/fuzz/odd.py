"""Values that no program expects: for JSON, for ``uns`` and for arrays."""

import math

import numpy as np
import pandas as pd
from scipy import sparse

DEEP = 3000  # levels of nesting


def nested(depth=50):
    value = "deep"
    for _ in range(depth):
        value = {"a": value}
    return value


def plain(rng):
    """Something that JSON can hold."""
    choices = [
        *(None, True, 0, -1, 1, 10**9, 10**400, -(10**30), 1.5, 1e300, math.nan, math.inf, -math.inf),
        *("", "x", "²", "a\0b", "\ud800", "x" * 100_000),
        *([], [[]], [1, "a"], [None], [math.nan] * 3, [10**9, 10**9], list(range(1000))),
        *({}, {"a": {}}, {"": None}, {"loss": 3}),
        nested(),
    ]
    return choices[rng.integers(len(choices))]


def in_uns(rng):
    """Something that an .h5ad can hold in ``uns``."""
    choices = [
        *(0, -1, 10**9, 1.5, math.nan, math.inf, "", "x", "²", True),
        *(np.array([]), np.arange(6.0).reshape(2, 3), np.array(["a", "b"], dtype=object), np.full(3, np.nan)),
        *({}, {"a": {"b": 1}}, {"keys": 3}, {"table": "x", "n_clusters": "many"}, {"params": [1]}),
        *(pd.DataFrame(), pd.DataFrame({"a": ["x"]}, index=["0"])),
        *(pd.DataFrame({"n_clusters": ["x", "y"], "stability": [1.0, np.nan]}, index=["0", "1"]),),
        *(pd.DataFrame({"group": [1.0], "names": [np.nan]}, index=["0"]),),
        *(sparse.csr_matrix(np.eye(3)), np.array(b"bytes"), nested(20)),
    ]
    return choices[rng.integers(len(choices))]


def rows(rng, n):
    """Something of ``n`` rows that ``obsm`` can hold."""
    x = rng.normal(size=(n, 5)).astype(np.float32)
    holes = x.copy()
    holes[rng.integers(n), rng.integers(5)] = rng.choice([np.nan, np.inf, -np.inf, 1e38])
    choices = [
        *(holes, x[:, :1], x[:, :0], x * 0, x * 1e38, x * 1e-40, x.astype(np.float64) * 1e200),
        *(x.astype(complex), x.astype(int), x > 0, np.repeat(x[:1], n, axis=0)),
        *(sparse.csr_matrix(x), pd.DataFrame(x, index=None), np.full((n, 5), np.nan, np.float32)),
        *(x[:, :, None], np.full((n, 2), "a", dtype=object)),
    ]
    return choices[rng.integers(len(choices))]


def square(rng, n):
    """Something that ``obsp`` or ``varp`` can hold for ``n`` rows."""
    x = sparse.random(n, n, 0.2, format="csr", random_state=0, dtype=np.float32)
    holes = x.copy()
    holes.data[rng.integers(len(holes.data))] = rng.choice([np.nan, np.inf, -1.0])
    choices = [holes, x * 0, x.toarray(), np.full((n, n), np.nan), -x, x.astype(bool), x * 1e38, x.tocsc()]
    return choices[rng.integers(len(choices))]


def column(rng, n):
    """Something of ``n`` entries that ``obs`` or ``var`` can hold."""
    choices = [
        *(np.zeros(n), np.full(n, np.nan), np.arange(n), np.arange(n).astype(str), np.ones(n, bool)),
        *(pd.Categorical(["a"] * n), pd.Categorical([None] * n, categories=["a"])),
        *(pd.Categorical([None, *["b"] * (n - 1)], categories=["<b>", "b", "unused"]),),
        *(pd.Categorical(np.arange(n) % 3), pd.array([True, None] * n, dtype="boolean")[:n]),
        *(["", *["²"] * (n - 1)], rng.normal(size=n), pd.Categorical(rng.normal(size=n).round(1))),
    ]
    return choices[rng.integers(len(choices))]


def colors(rng):
    """Something that ``uns[..._colors]`` can hold."""
    choices = [
        *(np.array(["red", "no colour", "#12", ""] * 3, dtype=object), np.arange(12), np.eye(3)),
        *(np.full(12, np.nan), "red", 7, {}, {"0": "red"}, np.array(["#ff0000"] * 12, dtype=object)),
        *(np.array(["<script>"] * 12, dtype=object), np.array([]), np.array(b"bytes"), np.ones((12, 4)) / 2),
    ]
    return choices[rng.integers(len(choices))]
