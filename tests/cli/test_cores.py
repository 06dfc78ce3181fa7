"""Threads are as many as cores are free."""

import os
import subprocess
import sys

import psutil
import pytest

from scrcl_geo.cli import _cores


@pytest.mark.parametrize(
    ("busy", "quota", "free"),
    [([0, 0, 0, 0], 64, 4), ([100, 100, 2, 0], 64, 2), ([100, 100, 100, 99], 64, 1), ([0, 0, 0, 0], 2, 2)],
)
def test_busy_cores_are_left_alone(monkeypatch, busy, quota, free):
    monkeypatch.setattr(psutil, "cpu_percent", lambda interval, percpu: busy)
    monkeypatch.setattr(_cores.os, "sched_getaffinity", lambda _: {0, 1, 2, 3}, raising=False)
    monkeypatch.setattr(_cores, "_quota", lambda: quota)
    assert _cores.free_cores() == free


def test_cores_of_others_do_not_count(monkeypatch):
    monkeypatch.setattr(psutil, "cpu_percent", lambda interval, percpu: [0, 0, 0, 0])
    monkeypatch.setattr(_cores.os, "sched_getaffinity", lambda _: {1, 3}, raising=False)
    monkeypatch.setattr(_cores, "_quota", lambda: 64)
    assert _cores.free_cores() == 2


@pytest.mark.parametrize(("text", "cores"), [("150000 100000", 1), ("400000 100000", 4)])
def test_quota_of_a_container(monkeypatch, tmp_path, text, cores):
    (tmp_path / "cpu.max").write_text(text)
    monkeypatch.setattr(_cores, "_QUOTA", tmp_path / "cpu.max")
    assert _cores._quota() == cores


@pytest.mark.parametrize("text", ["max 100000", ""])
def test_no_quota(monkeypatch, tmp_path, text):
    (tmp_path / "cpu.max").write_text(text)
    monkeypatch.setattr(_cores, "_QUOTA", tmp_path / "cpu.max")
    assert _cores._quota() > 1000


def test_what_the_user_has_set_stands(monkeypatch):
    monkeypatch.setattr(_cores, "free_cores", lambda: 3)
    found = {"OMP_WAIT_POLICY": "ACTIVE"}
    _cores.leave_room(found)
    assert found == {"OMP_WAIT_POLICY": "ACTIVE", "OMP_NUM_THREADS": "3", "NUMBA_NUM_THREADS": "3"}
    found = {"NUMBA_NUM_THREADS": "1"}
    _cores.leave_room(found)
    assert found == {"OMP_WAIT_POLICY": "PASSIVE", "OMP_NUM_THREADS": "3", "NUMBA_NUM_THREADS": "1"}
    own = {"OMP_NUM_THREADS": "8"}
    _cores.leave_room(own)
    assert own == {"OMP_WAIT_POLICY": "PASSIVE", "OMP_NUM_THREADS": "8"}


def test_a_run_goes_on_with_as_many_threads_as_it_began_with():
    script = """
import numpy, torch
from scrcl_geo.cli import _cores
bad = [None, "many", {"torch": 1}, {"torch": 0, "blas": 1}, {"torch": "1", "blas": 1}]
for asked in ({"torch": 2, "blas": 3}, *bad):
    _cores.go_on_with(asked)
    print(sorted(_cores.threads_in_use().items()))
"""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    found = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True)
    assert found.stdout.splitlines() == ["[('blas', 3), ('torch', 2)]"] * 6, found.stderr
