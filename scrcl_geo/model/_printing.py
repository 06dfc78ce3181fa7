"""A model as text: its settings, its parts and what it minimises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from scrcl_geo.graph import EdgeSpec
from scrcl_geo.losses import Objective
from scrcl_geo.model._network import NetworkParts


def described(
    config: Mapping[str, Any], edges: Sequence[EdgeSpec], parts: NetworkParts, objective: Objective
) -> str:
    """One line per setting and part; those of the preset are named after it."""
    lines = [f"  {name}={value!r}" for name, value in config.items() if value is not None]
    lines.append(f"  edges={[edge.edge_type[1] for edge in edges]}")
    for name in ("cell_encoder", "encoder", "refinement"):
        part = getattr(parts, name)
        lines.append(f"  {name}={config['preset'] if part is None else _indented(part)}")
    return "\n".join(["ScRCL(", *lines, f"  objective={_indented(objective)}", ")"])


def _indented(part: object) -> str:
    return repr(part).replace("\n", "\n  ")
