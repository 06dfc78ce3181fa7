"""``python -m scrcl_geo``."""

from scrcl_geo.cli import console

if __name__ == "__main__":
    console()
