"""A second checkpoint of the decoder, kept as its difference to the first: small enough to ship.

The two grew from one start and were tuned on different texts; their mean, or any mixture, is a model too. ::

    python -m models.builtin.difference OUT            # the second checkpoint as an ordinary folder
    python -m models.builtin.difference OUT --share .5 # half way between the two
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor

from models.builtin.export import transformers_name

HERE = Path(__file__).parent
FIRST, DIFFERENCE = HERE / "libra-mini-decoder", HERE / "libra-mini-decoder-code.safetensors"


def save_difference(before: Mapping[str, Tensor], after: Mapping[str, Tensor], layers: int, path: Path) -> None:
    """Write after - before of ContextNetwork's parameters, ``layers`` context layers in it, in float16.

    Under transformers' names; tensors that did not move are left out.
    """
    from safetensors.torch import save_file

    moved = {
        transformers_name(name, layers): (after[name] - before[name]).half().contiguous()
        for name in before
        if not torch.equal(before[name], after[name])
    }
    save_file(moved, path, metadata={"format": "pt", "difference_to": FIRST.name})


def apply_difference(first: Path, difference: Path, out: Path, share: float = 1.0) -> None:
    """Write the folder ``out``: the checkpoint ``first`` moved by ``share`` of the difference.

    Raises ValueError where the difference names a tensor that the checkpoint lacks.
    """
    from safetensors.torch import load_file, save_file

    shutil.copytree(first, out)
    (out / "README.md").unlink(missing_ok=True)
    steps = load_file(difference)
    files = sorted(out.glob("model*.safetensors"))
    for file in files:
        weights = load_file(file)
        for name in steps.keys() & weights.keys():
            weights[name] = (weights[name].float() + share * steps.pop(name).float()).half()
        save_file(weights, file, metadata={"format": "pt"})
    if steps:
        raise ValueError(f"{difference.name} moves {', '.join(sorted(steps))}, which {first.name} does not have.")


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="folder to write; it must not exist")
    parser.add_argument("--share", type=float, default=1.0, help="0 is the first checkpoint, 1 the second")
    options = parser.parse_args(arguments)
    apply_difference(FIRST, DIFFERENCE, options.out, options.share)
    print(options.out)


if __name__ == "__main__":
    main()
