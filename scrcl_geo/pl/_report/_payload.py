"""Arrays and names as a page can hold them: small, exact in what they say, and never markup."""

from __future__ import annotations

import base64
import html
import zlib
from typing import Any

import numpy as np
import pandas as pd


def binary(values: np.ndarray, dtype: str) -> str:
    """Base64 of an array's little-endian bytes, which JavaScript reads as a typed array."""
    return base64.b64encode(np.asarray(values, dtype=np.dtype(dtype).newbyteorder("<")).tobytes()).decode()


def deflated(content: bytes) -> str:
    """Base64 of compressed bytes, which the browser inflates by itself."""
    return base64.b64encode(zlib.compress(content, 6)).decode()


def text(name: Any) -> str:
    """A name from the data for Plotly, which reads some tags in its labels."""
    return html.escape(str(name), quote=False)


def category(name: str, values: pd.Series, colors: list[str]) -> dict[str, Any]:
    """A categorical column: names, colours and a code per cell; missing values get the highest code."""
    values = values.astype("category")
    codes = values.cat.codes.to_numpy().astype(np.int64)
    names = [str(value) for value in values.cat.categories]
    codes = np.where(codes < 0, len(names), codes)
    return {
        "kind": "category",
        "name": name,
        "categories": names,
        "colors": colors,
        "codes": binary(codes, "uint16"),
    }


def number(name: str, values: np.ndarray) -> dict[str, Any]:
    """A number per cell in 255 steps between its smallest and largest value; 255 stands for missing."""
    values = np.asarray(values, dtype=np.float64)
    known = np.isfinite(values)
    low = float(values[known].min()) if known.any() else 0.0
    high = float(values[known].max()) if known.any() else 0.0
    span = high - low or 1.0
    steps = np.where(known, np.rint(254 * (np.where(known, values, low) - low) / span), 255)
    return {
        "kind": "number",
        "name": name,
        "label": name,
        "low": low,
        "high": high,
        "values": binary(steps, "uint8"),
    }
