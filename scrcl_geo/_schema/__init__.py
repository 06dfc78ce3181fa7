"""What is read back must be, said once: saved models, and what a run left in an AnnData."""

from scrcl_geo._schema.kinds import check

__all__ = ["check"]
