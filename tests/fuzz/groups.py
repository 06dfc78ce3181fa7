"""All groups of hostile or odd calls by name."""

from fuzz.results import results
from fuzz.saved import checkpoints, models
from fuzz.sources import cells, sources
from fuzz.states import locks, paths, settings, streams

GROUPS = {
    "model folders": models,
    "outputs read back": results,
    "paths": paths,
    "formats": sources,
    "outputs read back again": results,
    "settings": settings,
    "streams": streams,
    "checkpoints": checkpoints,
    "cells": cells,
    "files beside the output": locks,
}
