"""Reader of a 4-bit E5 file: the bytes of `e5-small-q4.bin` in, float32 tensors under their BertModel names out."""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Tensor = NDArray[np.float32]

MAGIC = b"E5S1"
BLOCK = 32
_BLOCK_TYPE = np.dtype([("scale", "<f2"), ("nibbles", "u1", BLOCK // 2)])
_PLAIN_NAMES = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
_LAYER_PARTS = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of the network, as the file's head states them."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    token_types: int
    epsilon: float


def read_e5(path: Path) -> tuple[Shape, dict[str, Tensor]]:
    """Sizes, and every tensor by the name transformers' `BertModel` gives it; matrices are (out, in).

    Raises ValueError for a file of another format or one that ends early.
    """
    data = np.memmap(path, dtype=np.uint8, mode="r")
    cursor = _Cursor(data)
    if data[:4].tobytes() != MAGIC:
        raise ValueError(f"{path} does not start with {MAGIC.decode()}")
    cursor.at = 4
    version, *head, block = cursor.take("<I7ifi")
    if version != 1 or block != BLOCK:
        raise ValueError(f"{path} is version {version} with blocks of {block}; known: version 1, blocks of {BLOCK}")
    shape = Shape(*head)
    _skip_tokenizer(cursor)
    tensors: dict[str, Tensor] = {}
    (entries,) = cursor.take("<i")
    for _ in range(entries):
        (length,) = cursor.take("<H")
        name = cursor.take(f"<{length}s")[0].decode("ascii")
        _, count, offset, size = cursor.take("<BIQQ")
        if offset + size > len(data):
            raise ValueError(f"{path} ends before tensor {name} does")
        tensors[bert_name(name)] = _decode(name, data[offset : offset + size], count, shape)
    return shape, tensors


def bert_name(name: str) -> str:
    """`l3.ao.w` becomes `encoder.layer.3.attention.output.dense.weight`. Raises ValueError for an unknown name."""
    if name in _PLAIN_NAMES:
        return _PLAIN_NAMES[name]
    try:
        layer, part, kind = name.split(".")
        ending = {"w": "weight", "b": "bias"}[kind]
        return f"encoder.layer.{int(layer.removeprefix('l'))}.{_LAYER_PARTS[part]}.{ending}"
    except (KeyError, ValueError):
        raise ValueError(f"unknown tensor {name!r}") from None


class _Cursor:
    """Reads packed values one after the other."""

    def __init__(self, data: NDArray[np.uint8]) -> None:
        self.data = data
        self.at = 0

    def take(self, layout: str) -> tuple[Any, ...]:
        size = struct.calcsize(layout)
        piece = self.data[self.at : self.at + size]
        if len(piece) < size:
            raise ValueError("the file ends inside its head")
        self.at += size
        return struct.unpack(layout, piece.tobytes())


def _skip_tokenizer(cursor: _Cursor) -> None:
    """The file carries a tokenizer of its own; the original `tokenizer.json` is used instead."""
    pieces, *_ = cursor.take("<5i")
    (blob,) = cursor.take("<Q")
    cursor.at += (pieces + 1) * 4 + pieces * 4 + blob
    _, table = cursor.take("<iI")
    cursor.at += table


def _decode(name: str, data: NDArray[np.uint8], count: int, shape: Shape) -> Tensor:
    """A tensor of `count` values. Whether it is packed shows in its bytes: 18 a block of 32, or 4 a value."""
    if len(data) == count * 4:
        flat = data.view("<f4").astype(np.float32)
    elif count % BLOCK == 0 and len(data) == count // BLOCK * _BLOCK_TYPE.itemsize:
        flat = unpack_blocks(data)
    else:
        raise ValueError(f"tensor {name} has {len(data)} bytes for {count} values")
    if name.endswith(".b") or "ln." in name:
        return flat
    return flat.reshape(-1, shape.feed_forward if name.endswith(".fo.w") else shape.hidden)


def unpack_blocks(data: NDArray[np.uint8]) -> Tensor:
    """Blocks of 18 bytes to 32 weights: a scale, then byte j holds weights j (low half) and j + 16."""
    blocks = data.view(_BLOCK_TYPE)
    weights = np.empty((len(blocks), BLOCK), dtype=np.float32)
    weights[:, : BLOCK // 2] = blocks["nibbles"] & 0x0F
    weights[:, BLOCK // 2 :] = blocks["nibbles"] >> 4
    weights -= 8
    weights *= blocks["scale"].astype(np.float32)[:, None]
    return weights.reshape(-1)
