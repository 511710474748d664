"""How many parameters the weight files in a folder hold, from their headers and sizes: nothing is loaded."""

from __future__ import annotations

import json
import math
import struct
from pathlib import Path

LENGTH = struct.Struct("<Q")  # a safetensors file begins with the length of its JSON header
MOST_HEADER = 100_000_000  # bytes, the format's own limit
LEAST_BYTES = 2  # of one parameter in a .bin file: 16 bit


def parameters(folder: Path) -> int | None:
    """Parameters of the weights in ``folder`` and the folders of its modules; None where there are none to read.

    Exact for safetensors. A .bin file does not say without being opened: what it holds at most, were it 16 bit.
    """
    try:
        places = [folder, *(path for path in folder.iterdir() if path.is_dir() and path.name[:1].isdigit())]
        counts = [count for place in places if (count := _of(place)) is not None]
    except (OSError, ValueError, KeyError, TypeError):
        return None  # damaged files have their own sentence when they are loaded
    return sum(counts) if counts else None


def _of(place: Path) -> int | None:
    exact = sorted(place.glob("*.safetensors"))
    if exact:
        return sum(map(_of_safetensors, exact))
    packed = list(place.glob("pytorch_model*.bin"))
    return sum(path.stat().st_size // LEAST_BYTES for path in packed) if packed else None


def _of_safetensors(path: Path) -> int:
    with path.open("rb") as file:
        (length,) = LENGTH.unpack(file.read(LENGTH.size))
        if length > MOST_HEADER:
            raise ValueError(f"{path} is no safetensors file")
        header = json.loads(file.read(length))
    return sum(math.prod(tensor["shape"]) for name, tensor in header.items() if name != "__metadata__")
