"""Reading what instruments and other packages write, by the readers of scanpy, spatialdata and squidpy."""

from scrcl_geo._files.readers._detect import FORMATS, detect
from scrcl_geo._files.readers._read import read

__all__ = ["FORMATS", "detect", "read"]
