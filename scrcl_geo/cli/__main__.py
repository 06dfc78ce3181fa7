"""``python -m scrcl_geo.cli``."""

from scrcl_geo.cli import console

if __name__ == "__main__":
    console()
