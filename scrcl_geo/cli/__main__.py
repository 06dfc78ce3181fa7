"""``python -m scrcl_geo.cli``."""

import sys

from scrcl_geo.cli import main

if __name__ == "__main__":
    sys.exit(main())
