"""Hostile or odd calls, generated: each works or is refused with one line; none crashes or hangs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CALLS = int(os.environ.get("SCRCL_GEO_HOSTILE_CALLS", "150"))


@pytest.mark.slow
def test_every_call_works_or_is_refused_with_one_line(tmp_path):
    """In a process of its own, from which every call is forked: pytest's has threads that a fork loses."""
    command = [sys.executable, str(ROOT / "benchmarks" / "hostile.py"), "--calls", str(CALLS)]
    done = subprocess.run(
        [*command, "--output", str(tmp_path / "hostile.md")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    table = (tmp_path / "hostile.md").read_text(encoding="utf-8")
    assert f"| all | {CALLS} |" in table
