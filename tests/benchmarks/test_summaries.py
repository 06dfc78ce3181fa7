"""What the benchmarks make of their numbers: exit statuses, means per family, rows with their commit."""

import collections
import importlib.util
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).parents[2]
SIGNALS = {"SIGINT": {"runs": 2, "slowest": 0.5, "lost": 0, "partial": 0}}
KILLED = {"runs": 3, "during training": 2, "corrupt": 0, "differing": 0, "left behind": 0}
FULL = {"runs": 3, "lost": 0, "not one clear line": 0}
STATE = {"MB": 700.0, "open files": 7, "threads": 3, "Python threads": 2}


def script(name):
    spec = importlib.util.spec_from_file_location(f"benchmark_{name}", ROOT / "benchmarks" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_faults_tell_what_was_lost():
    lost = script("faults").lost
    assert lost(KILLED, SIGNALS, FULL) == []
    assert lost(KILLED | {"differing": 2}, SIGNALS, FULL) == ["process killed: differing: 2"]
    slow = {"SIGINT": SIGNALS["SIGINT"] | {"lost": 1, "slowest": 30.0}}
    assert lost(KILLED, slow, FULL) == ["SIGINT: lost: 1", "SIGINT: ended after 30 s"]
    assert lost(KILLED, SIGNALS, FULL | {"not one clear line": 1}) == ["disk full: not one clear line: 1"]


def test_robustness_tells_what_was_lost():
    lost = script("robustness").lost
    well = collections.Counter(worked=3, refused=4)
    assert lost({"files": well, "inputs": well}) == []
    broken = well + collections.Counter({"crash": 1, "silent NaN": 2})
    assert lost({"files": well, "inputs": broken}) == ["inputs: 1 crash", "inputs: 2 silent NaN"]


def test_load_tells_what_was_lost():
    lost = script("load").lost
    assert lost(STATE, STATE | {"MB": 740.0}, 0, 8, 8, 0) == []
    assert lost(STATE, STATE | {"MB": 800.0, "open files": 9}, 0, 8, 8, 0) == [
        "open files: 7 grew to 9",
        "MB: 700 grew to 800",
    ]
    assert lost(STATE, STATE, 1, 8, 6, 2) == [
        "1 results of one process differ",
        "2 of 8 runs at once failed",
        "2 results at once differ",
    ]


@pytest.mark.parametrize(("found", "status"), [([], 0), (["process killed: corrupt: 1"], 1)])
def test_a_loss_is_an_exit_status(found, status, monkeypatch, tmp_path, capsys):
    faults = script("faults")
    for name, value in (("kills", KILLED), ("interrupted", SIGNALS["SIGINT"]), ("full_disk", FULL)):
        monkeypatch.setattr(faults, name, lambda *_, value=value: value)
    monkeypatch.setattr(faults, "start", lambda *_: 0)
    monkeypatch.setattr(faults, "finish", lambda *_: 0)
    monkeypatch.setattr(faults, "lost", lambda *_: found)
    monkeypatch.setattr(sys, "argv", ["faults.py", "--output", str(tmp_path / "faults.md")])
    assert faults.main() == status
    assert capsys.readouterr().err.split("\n")[: len(found)] == found


def test_make_trust_fails_where_one_part_lost_something(tmp_path):
    for part, status in (("faults", 1), ("robustness", 0), ("hostile", 0), ("load", 0)):
        (tmp_path / "benchmarks").mkdir(exist_ok=True)
        run = tmp_path / "benchmarks" / f"{part}.py"
        run.write_text(f"print('{part} ran')\nraise SystemExit({status})")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to(sys.executable)
    (tmp_path / ".installed").touch()
    command = ["make", "-s", "-f", str(ROOT / "Makefile"), f"BIN={tmp_path}/bin"]
    command += [f"STAMP={tmp_path}/.installed", "trust", "-o", f"{tmp_path}/.installed"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout == "faults ran\nrobustness ran\nhostile ran\nload ran\n"
    assert done.returncode != 0
    (tmp_path / "benchmarks" / "faults.py").write_text("")
    assert subprocess.run(command, cwd=tmp_path, capture_output=True).returncode == 0


def test_means_of_families():
    report = script("report")
    ari = pd.DataFrame(
        {"sets": [3, 2], "mean": [0.5, 0.4], "a": [0.2, 0.4], "b": [0.4, 0.4], "c": [0.9, float("nan")]},
        index=["x", "y"],
    )
    table = report.by_family(ari, {"one": ["a", "b"], "two": ["c"], "three": ["d"]})
    assert list(table) == ["mean over families", "mean over sets", "one (2)", "two (1)", "three (1)"]
    assert table["one (2)"].tolist() == pytest.approx([0.3, 0.4])
    assert table.loc["x", "two (1)"] == 0.9
    assert table["three (1)"].isna().all()
    table = report.by_family(ari, {"one": ["a", "b"], "two": ["c"]})
    assert table.loc["x", "mean over families"] == pytest.approx(0.6)
    assert pd.isna(table.loc["y", "mean over families"])  # a mean over fewer families does not compare
    assert set(report.families("spatial")) == {"Visium", "ST", "STARmap", "MERFISH", "osmFISH"}
    assert report.families("paper") == {}


def test_rows_carry_the_commit(tmp_path):
    run = script("run")
    expected = subprocess.run(
        ["git", "rev-parse", "--short=10", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()
    assert run.commit().removesuffix("-dirty") == expected
    output = tmp_path / "rows.csv"
    output.write_text("set,method,seed,k,ARI\nold,m,0,known,0.5\n")  # of an earlier version
    run.append(output, {"set": "new", "method": "m", "seed": 1, "k": "known", "commit": run.commit()})
    run.append(output, {"set": "digits", "method": "m", "seed": 1, "k": "known", "commit": "0530164095"})
    rows = script("report").read(output)
    assert list(rows) == run.COLUMNS
    rows = rows.set_index("set")
    assert rows.loc["old", "ARI"] == 0.5
    assert pd.isna(rows.loc["old", "commit"])
    assert rows.loc["new", "commit"] == run.commit()
    assert rows.loc["digits", "commit"] == "0530164095"
    done = {("old", "m", "0", "known"), ("new", "m", "1", "known"), ("digits", "m", "1", "known")}
    assert run.read_done(output) == done


def test_small_products_and_their_table():
    products = script("products")
    rows = products.compared(*products.bipartite(60, 40, 500), 4, 1)
    assert rows[0][0] == "scrcl_geo._messages.aggregate"
    assert all(float(value) >= 0 for _, value in rows)  # all agree in value and gradient
    assert len(products.compared(*products.symmetric(50, 300), 4, 1)) == 4
    assert "| HeteroData.subgraph" in products.markdown({"cuts": products.cuts(80, 20, 5, 16, 1)})


def test_a_counterpart_is_taken_where_it_costs_no_more():
    row = script("counterparts").row
    assert row("f", "s", (1.0, 10.0, None), (1.2, 11.0, None), "yes", "within 0")[-1] == "yes, where equal"
    worse = row("f", "s", (1.0, 10.0, None), (1.4, 20.0, None), "no (ValueError)", "within 0")
    assert worse[-1] == "no: slower, more memory, not from disk"
