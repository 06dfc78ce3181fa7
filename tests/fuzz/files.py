"""Damaged files: bytes cut off, flipped, zeroed or doubled at any place."""

import numpy as np

DAMAGES = ["cut off", "flipped", "zeroed", "noise", "doubled"]


def damaged(data, kind, where, rng):
    """The bytes of a file with one damage that starts at a share ``where`` of its length."""
    data = bytearray(data)
    place = int(where * len(data))
    length = int(min(len(data) - place, 2 ** rng.integers(0, 12)))
    here = slice(place, place + length)
    if kind == "cut off":
        del data[place:]
    elif kind == "flipped":
        data[place] ^= 1 << int(rng.integers(8))
    elif kind == "zeroed":
        data[here] = bytes(length)
    elif kind == "noise":
        data[here] = rng.integers(0, 256, length, dtype=np.uint8).tobytes()
    else:
        data[place:place] = data[here]
    return bytes(data)
