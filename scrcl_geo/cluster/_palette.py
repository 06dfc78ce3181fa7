"""Colours of clusters, the same in results, figures and the report."""

from __future__ import annotations

# The first six are Okabe and Ito's (2008); each further one was taken where it differs most, in CAM02-UCS,
# from all before it for normal, deuteranopic and protanopic eyes alike, at a lightness that reads on white
# and on black. The smallest difference is 12 among the first 13 and 8 among all 30.
PALETTE = (
    *("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9"),
    *("#8f1058", "#784018", "#97cf8f", "#7087ff", "#58d7cf", "#507050"),
    *("#585878", "#2828ff", "#408080", "#d70048", "#a7a760", "#c718a7"),
    *("#ef9fb7", "#80188f", "#38df58", "#78af97", "#9f5000", "#4068ff"),
    *("#10d7ff", "#9f80c7", "#bf7848", "#106038", "#975870", "#d77078"),
)  # fmt: skip


def first_colors(n: int) -> list[str]:
    """The first ``n`` colours as hex strings; beyond 30 they begin anew."""
    return [PALETTE[i % len(PALETTE)] for i in range(n)]
