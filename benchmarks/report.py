"""Turn the rows of run.py into a table and two pictures.

    python benchmarks/report.py benchmarks/runs/cells.csv --output benchmarks/results

Per set and method: median over seeds. Methods are ordered by the sets that finished, then by their mean over
them; the paired Wilcoxon test compares the first method named in the suite with each other one over the sets.
"""

from __future__ import annotations

import argparse
import tomllib
from pathlib import Path

import matplotlib as mpl
import pandas as pd
from scipy.stats import wilcoxon

mpl.use("Agg")
import matplotlib.pyplot as plt

OURS = "scrcl"
SUITES = Path(__file__).parent / "suites"


def main():
    """Write NAME.csv, NAME.md and two PNG per input."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", nargs="+", type=Path)
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results"))
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    for path in arguments.rows:
        rows = read(path)
        rows.to_csv(arguments.output / path.name, index=False)
        page = report(rows, path.stem, families(path.stem))
        (arguments.output / f"{path.stem}.md").write_text(page, encoding="utf-8")
        known = rows[rows["k"] == "known"]
        ranks(known, arguments.output / f"{path.stem}_ranks.png")
        speed(known, arguments.output / f"{path.stem}_speed.png")


def read(path):
    """Rows; a commit is text even where it has digits alone."""
    return pd.read_csv(path, dtype={"commit": str})


def families(name):
    """Sets of each family (technology) of a suite; none where it names none."""
    path = SUITES / f"{name}.toml"
    return tomllib.loads(path.read_text()).get("family", {}) if path.exists() else {}


def report(rows, name, family):
    """The Markdown page of one suite."""
    known = rows[rows["k"] == "known"]
    ari = medians(known, "ARI")
    spread = known.groupby(["method", "set"])["ARI"].quantile([0.25, 0.75]).unstack()
    ours = (spread[0.75] - spread[0.25]).get(OURS)
    text = [f"# {name}", "", f"{describe(rows)} Medians over seeds; K given.", "", "## ARI", ""]
    text += [markdown(ari)]
    if family:
        text += [
            "",
            "## ARI by family of technology, mean over its sets",
            "",
            markdown(by_family(ari, family)),
        ]
    if ours is not None:
        ranges = ", ".join(f"{s} {v:.3f}" for s, v in ours.items())
        text += ["", f"Quartile range of {OURS} over seeds: {ranges}"]
    text += ["", "## Other measures, mean over the sets that finished", "", markdown(overview(known))]
    text += ["", f"## {OURS} against each, paired Wilcoxon over sets", "", markdown(tests(ari))]
    estimated = rows[rows["k"] == "estimated"]
    if len(estimated):
        text += [
            "",
            "## K estimated",
            "",
            f"{OURS}; error |found − K| / K, mean over seeds.",
            "",
            markdown(estimates(known, estimated)),
        ]
    failures = rows[rows["error"].notna() & (rows["error"] != "")]
    if len(failures):
        columns = failures[["set", "method", "seed", "error"]].set_index("set")
        text += ["", "## Failures", "", markdown(columns)]
    return "\n".join(text) + "\n"


def describe(rows):
    """Version, machine and seeds per method in one sentence."""
    versions = ", ".join(sorted(map(str, rows["version"].unique())))
    seeds = rows.groupby("method")["seed"].nunique().items()
    counts = ", ".join(f"{method} {n}" for method, n in seeds)
    return f"Version {versions}{commits(rows)}; {rows['machine'].iloc[0]}; seeds: {counts}."


def commits(rows):
    """The commits of the rows, where they tell."""
    if "commit" not in rows:
        return ""
    known = sorted(set(rows["commit"].dropna().astype(str)) - {""})
    return f" ({', '.join(known)})" if known else ""


def medians(rows, column):
    """Methods × sets, best mean first."""
    table = rows.groupby(["method", "set"])[column].median().unstack()
    finished = table.notna().sum(axis=1)
    table.insert(0, "sets", finished)
    table.insert(1, "mean", table.drop(columns="sets").mean(axis=1))
    return table.sort_values(["sets", "mean"], ascending=False)


def by_family(ari, family):
    """Methods × families, with the means over families and over sets; empty where a set of it is missing."""
    table = pd.DataFrame(index=ari.index)
    for name, sets in family.items():
        there = [s for s in sets if s in ari.columns]
        table[f"{name} ({len(sets)})"] = (
            ari[there].mean(axis=1, skipna=False) if there == sets else float("nan")
        )
    table.insert(0, "mean over families", table.mean(axis=1, skipna=False))
    table.insert(1, "mean over sets", ari["mean"])
    return table


def overview(rows):
    """Mean over sets of the medians of every measure."""
    columns = ["ACC", "NMI", "ARI", "F1", "largest", "smallest", "seconds", "cpu_seconds", "peak_gb"]
    per_set = rows.groupby(["method", "set"])[columns].median()
    table = per_set.groupby("method").mean()
    table.insert(0, "sets", per_set["ARI"].notna().groupby("method").sum())
    return table.sort_values(["sets", "ARI"], ascending=False)


def tests(ari):
    """Mean difference and p-value of the first method against each other."""
    if OURS not in ari.index:
        return pd.DataFrame()
    sets = ari.drop(columns=["sets", "mean"])
    comparisons = {}
    for method in sets.index.drop(OURS):
        pair = sets.loc[[OURS, method]].dropna(axis=1)
        difference = pair.loc[OURS] - pair.loc[method]
        p = wilcoxon(difference).pvalue if (difference != 0).any() else 1.0
        comparisons[method] = {
            "sets": str(len(difference)),
            "difference": difference.mean(),
            "wins": str((difference > 0).sum()),
            "p": p,
        }
    return pd.DataFrame(comparisons).T


def estimates(known, estimated):
    """Relative error of the number of clusters, and ARI, per set."""
    ours = estimated[estimated["method"] == OURS]
    ours = ours.assign(error=(ours["k_found"] - ours["classes"]).abs() / ours["classes"])
    grouped = ours.groupby("set")
    table = grouped[["classes", "k_found", "error", "ARI"]].median()
    table["error"] = grouped["error"].mean()
    table.insert(0, "seeds", grouped.size().astype(float))
    table["ARI with K given"] = known[known["method"] == OURS].groupby("set")["ARI"].median()
    table.loc["mean"] = table.mean()
    return table


def markdown(table):
    """A pipe table with three decimals."""
    head = [table.index.name or "", *map(str, table.columns)]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for name, row in table.iterrows():
        cells = ["" if pd.isna(v) else f"{v:.3f}" if isinstance(v, float) else str(v) for v in row]
        lines.append("| " + " | ".join([str(name), *cells]) + " |")
    return "\n".join(lines)


def ranks(rows, path):
    """Rank of each method on each set; one dot per set, the bar is the mean."""
    table = medians(rows, "ARI").drop(columns=["sets", "mean"]).rank(ascending=False)
    table = table.loc[table.mean(axis=1).sort_values(ascending=False).index]
    figure = plt.figure(figsize=(6, 0.6 + 0.3 * len(table)), layout="constrained")
    ax = figure.add_subplot()
    for y, (_, row) in enumerate(table.iterrows()):
        ax.plot(row, [y] * len(row), "o", color="0.7", markersize=4)
        ax.plot(row.mean(), y, "|", color="C0", markersize=14, markeredgewidth=3)
    ax.set_yticks(range(len(table)), table.index)
    ax.set(xlabel="rank by ARI (1 is best)")
    figure.savefig(path, dpi=120)
    plt.close(figure)


def speed(rows, path):
    """Mean ARI against median seconds."""
    table = overview(rows)
    table = table[table["sets"] == table["sets"].max()]  # means over other sets do not compare
    figure = plt.figure(figsize=(6, 4), layout="constrained")
    ax = figure.add_subplot()
    ax.semilogx(table["seconds"], table["ARI"], "o")
    for method, row in table.iterrows():
        offset = {"xytext": (4, 2), "textcoords": "offset points"}
        ax.annotate(method, (row["seconds"], row["ARI"]), fontsize=7, **offset)
    ax.set(xlabel="seconds", ylabel="mean ARI")
    figure.savefig(path, dpi=120)
    plt.close(figure)


if __name__ == "__main__":
    main()
