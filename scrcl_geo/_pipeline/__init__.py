"""The main job: what the command line, the demo and the benchmarks all run."""

from scrcl_geo._pipeline.job import run, timed

__all__ = ["run", "timed"]
