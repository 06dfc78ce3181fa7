"""The main job: what the command line, the demo and the benchmarks all run."""

from scrcl_geo._pipeline.job import Job, run, timed

__all__ = ["Job", "run", "timed"]
