"""Token states of passages in two bits a number, for late interaction (Khattab & Zaharia 2020, arXiv:2004.12832).

A state is centred, brought to length 1, turned by a random rotation (which spreads what a few large dimensions hold
over all) and each number is put into one of four bins: 96 bytes for a token of 384 dimensions instead of 1,536. The
rotation is stored with the codes: they can be read whatever library makes rotations later.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from rag.embedding.embedder import Tokens

Codes = NDArray[np.uint8]
PER_BYTE = 4
"""Numbers in a byte."""
_SEED = 20_26
_SHIFTS = np.array([0, 2, 4, 6], np.uint8)
_LEVELS = np.array([-1.5, -0.5, 0.5, 1.5], np.float32)
_TABLE = _LEVELS[(np.arange(256)[:, None] >> _SHIFTS) & 3]
"""The four numbers that a byte stands for."""
_SQUARES = (_TABLE**2).sum(axis=1)


@dataclass(frozen=True, slots=True)
class Codec:
    """mean (dimension,): what is taken off a passage's token states; rotation (dimension, dimension), orthogonal."""

    mean: NDArray[np.float32]
    rotation: NDArray[np.float32]

    @classmethod
    def of(cls, mean: NDArray[np.float32]) -> Self:
        """A codec around a mean state. Raises ValueError for a dimension that is no multiple of 4."""
        size = len(mean)
        if size % PER_BYTE:
            raise ValueError(f"states of {size} numbers do not fill whole bytes")
        dice = np.random.default_rng(_SEED)
        return cls(mean.astype(np.float32), np.linalg.qr(dice.standard_normal((size, size)))[0].astype(np.float32))

    def encode(self, states: NDArray[np.float32]) -> Codes:
        """(tokens, dimension) states to (tokens, dimension / 4) bytes."""
        turned = _unit(states - self.mean) @ self.rotation
        # The numbers of a unit vector have a mean square of 1 / dimension: bins of that width around 0.
        bins = np.clip(np.floor(turned * np.sqrt(len(self.mean))) + 2, 0, 3).astype(np.uint8)
        fours = bins.reshape(len(bins), len(self.mean) // PER_BYTE, PER_BYTE)
        packed: Codes = (fours << _SHIFTS).sum(axis=2, dtype=np.uint8)
        return packed

    def decode(self, codes: Codes) -> NDArray[np.float32]:
        """(tokens, dimension) unit rows, still turned: compare them with `turned` ones."""
        rows = np.take(_TABLE, codes, axis=0).reshape(len(codes), len(self.mean))
        rows /= np.sqrt(np.take(_SQUARES, codes).sum(axis=1))[:, None]
        return rows

    def turned(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Rows (n, dimension) in the directions of `decode`."""
        result: NDArray[np.float32] = rows @ self.rotation
        return result


@dataclass(frozen=True, slots=True)
class PassageTokens:
    """The codes of one passage's tokens, and the character of the indexed text at which each begins."""

    codes: Codes
    starts: NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class TokenCodes:
    """Tokens of all passages: those of passage i are rows ends[i]:ends[i + 1] of `codes` and `starts`."""

    codec: Codec
    codes: Codes
    starts: NDArray[np.uint16]
    ends: NDArray[np.int64]

    @classmethod
    def joined(cls, codec: Codec, passages: Sequence[PassageTokens]) -> Self:
        """One after another."""
        width = len(codec.mean) // PER_BYTE
        return cls(
            codec,
            np.concatenate([np.zeros((0, width), np.uint8), *(passage.codes for passage in passages)]),
            np.concatenate([np.zeros(0, np.uint16), *(passage.starts for passage in passages)]),
            np.cumsum([0, *(len(passage.codes) for passage in passages)], dtype=np.int64),
        )

    def passage(self, row: int) -> PassageTokens:
        """The tokens of one passage."""
        return PassageTokens(
            self.codes[self.ends[row] : self.ends[row + 1]], self.starts[self.ends[row] : self.ends[row + 1]]
        )

    def save(self, path: Path) -> None:
        """Write an uncompressed .npz."""
        parts: Mapping[str, NDArray[np.generic]] = {
            "mean": self.codec.mean,
            "rotation": self.codec.rotation,
            "codes": self.codes,
            "starts": self.starts,
            "ends": self.ends,
        }
        with path.open("wb") as file:
            np.savez(file, allow_pickle=False, **parts)

    @classmethod
    def load(cls, path: Path, passages: int, dimension: int) -> Self:
        """Read what `save` wrote. Raises OSError, ValueError or LookupError where it cannot be."""
        with np.load(path, allow_pickle=False) as parts:
            codec = Codec(parts["mean"], parts["rotation"])
            tokens = cls(codec, parts["codes"], parts["starts"], parts["ends"])
        total = int(tokens.ends[-1]) if len(tokens.ends) else -1
        shapes = (codec.mean.shape, codec.rotation.shape, tokens.codes.shape, tokens.starts.shape, tokens.ends.shape)
        width = dimension // PER_BYTE
        if shapes != ((dimension,), (dimension, dimension), (total, width), (total,), (passages + 1,)):
            raise ValueError("the token codes do not fit the passages")
        return tokens


def passage_tokens(codec: Codec, tokens: Tokens) -> PassageTokens:
    """What is kept of a passage's token states."""
    return PassageTokens(codec.encode(tokens.states), np.minimum(tokens.starts, 65_535).astype(np.uint16))


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    unit: NDArray[np.float32] = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return unit
