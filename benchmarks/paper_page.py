"""The table of ``paper.py`` as a page: what was run, how well, in which time and memory.

    python benchmarks/paper_page.py

Medians over seeds, of the rows in ``results/paper.csv``.
"""

from __future__ import annotations

import argparse
import statistics
from pathlib import Path

from paper import RESULTS, SCORES
from rows import read_rows


def main():
    """Write the page beside the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=Path, default=RESULTS / "paper.csv")
    rows = parser.parse_args().rows
    rows.with_suffix(".md").write_text(page(read_rows(rows)), encoding="utf-8")


def page(rows):
    """Accuracy, then time and memory, of each set and method."""
    groups = {}
    for row in rows:
        at = "" if row["method"] == "default" else row["epochs"]
        groups.setdefault((row["set"], row["method"], at), []).append(row)
    accuracy, cost = [], []
    for (name, method, _), group in groups.items():
        seeds = " ".join(row["seed"] for row in group)
        last = [" / ".join(shown(values(group, score), 3) for score in SCORES)]
        last += [span(group, "ARI"), shown(values(group, "smoothed_ARI"), 3), draws(group)]
        epochs = shown(values(group, "epochs"), 0)
        peeked = " / ".join(shown(values(group, f"peeked_{score}"), 3) for score in SCORES)
        accuracy.append([name, method, epochs, seeds, *last, peeked, shown(values(group, "peeked_epoch"), 0)])
        times = [shown(values(group, c), 3) for c in ("cpu_s_per_epoch", "least_cpu_s_per_epoch")]
        if method != "default" and any(times):
            cost.append([name, method, *times, shown(values(group, "peak_gb"), 2)])
    machine = ", ".join(dict.fromkeys(row["machine"] for row in rows))
    return "\n".join(
        [
            "# The published method",
            "",
            "`python benchmarks/paper.py --original CHECKOUT --python PYTHON`, then `paper_page.py`. Medians "
            "over seeds; K given; published default settings for cells and for tissue; spots without a label "
            "are left out, as the published code does. **The two columns on the right read the labels: "
            "no user can have them.**",
            "",
            *table(
                "set, method, epochs run, which seeds, ACC / NMI / ARI, "
                "ARI from–to, ARI after the majority of 50, "
                "ARI of 20 draws of k-means: median (from–to), PEEKED: best epoch by NMI, PEEKED: its number",
                accuracy,
            ),
            "",
            "## Time and memory at equal settings",
            "",
            f"One thread, {machine}, beside other work: CPU seconds of a step without clustering, median and "
            "least over the epochs. Same input, width 1500, epochs and weights.",
            "",
            *table("set, method, CPU s per epoch, least, peak GB", cost),
            "",
        ]
    )


def values(rows, column):
    """Numbers of a column, without the empty ones."""
    return [float(row[column]) for row in rows if row[column]]


def shown(numbers, digits):
    """Their median, or nothing."""
    return f"{statistics.median(numbers):.{digits}f}" if numbers else ""


def draws(rows):
    """Median over draws, and the range in which they lie."""
    if not values(rows, "lowest_ARI"):
        return shown(values(rows, "median_ARI"), 3)
    low, high = min(values(rows, "lowest_ARI")), max(values(rows, "highest_ARI"))
    return f"{shown(values(rows, 'median_ARI'), 3)} ({low:.2f}–{high:.2f})"


def span(rows, column):
    """The least and the largest, where there are several."""
    found = values(rows, column)
    return f"{min(found):.2f}–{max(found):.2f}" if len(found) > 1 else ""


def table(header, rows):
    """Lines of Markdown."""
    names = header.split(", ")
    lines = [names, ["---"] * len(names), *rows]
    return [f"| {' | '.join(line)} |" for line in lines]


if __name__ == "__main__":
    main()
