"""The reader of 4-bit weights, on a small file written here by the layout's description."""

import struct

import numpy as np
import pytest

from rag.embedding.e5_weights import Shape, bert_name, read_e5, unpack_blocks

SIZES = (32, 1, 2, 64, 3, 4, 2)


def packed(rows: list[list[int]], scale: float) -> bytes:
    """Rows of nibbles (0 to 15), a multiple of 32 long, as blocks; one weight after the other."""
    out = b""
    for row in rows:
        for at in range(0, len(row), 32):
            block = row[at : at + 32]
            out += struct.pack("<e", scale) + bytes(block[j] | block[j + 16] << 4 for j in range(16))
    return out


def e5_file(tensors: dict[str, tuple[int, bytes]], magic: bytes = b"E5S1", version: int = 1) -> bytes:
    head = magic + struct.pack("<I7ifi", version, *SIZES, 1e-12, 32)
    pieces, blob, table = 3, b"some pieces", b"a table"
    head += struct.pack("<5iQ", pieces, 0, 2, 1, 3, len(blob)) + bytes(4 * (2 * pieces + 1)) + blob
    head += struct.pack("<iI", 1, len(table)) + table
    entry = "<H{}sBIQQ"
    offset = len(head) + 4 + sum(struct.calcsize(entry.format(len(name))) for name in tensors)
    directory, body = struct.pack("<i", len(tensors)), b""
    for name, (count, data) in tensors.items():
        place = offset + len(body)
        kind = int(len(data) != count * 4)
        directory += struct.pack(entry.format(len(name)), len(name), name.encode(), kind, count, place, len(data))
        body += data
    return head + directory + body


def test_values_names_and_shapes(tmp_path):
    rng = np.random.default_rng(0)
    word = rng.integers(0, 16, (3, 32)).tolist()
    narrow = rng.integers(0, 16, (32, 64)).tolist()
    norm = rng.normal(size=32).astype("<f4")
    path = tmp_path / "模型.bin"
    path.write_bytes(
        e5_file(
            {
                "emb.word": (96, packed(word, 0.5)),
                "emb.type": (64, np.arange(64, dtype="<f4").tobytes()),
                "emb.ln.w": (32, norm.tobytes()),
                "l0.fo.w": (32 * 64, packed(narrow, -0.25)),
                "l0.fo.b": (32, norm.tobytes()),
            }
        )
    )
    shape, tensors = read_e5(path)
    assert shape == Shape(*SIZES, epsilon=pytest.approx(1e-12))
    np.testing.assert_array_equal(tensors["embeddings.word_embeddings.weight"], (np.array(word) - 8) * 0.5)
    np.testing.assert_array_equal(tensors["encoder.layer.0.output.dense.weight"], (np.array(narrow) - 8) * -0.25)
    np.testing.assert_array_equal(tensors["embeddings.token_type_embeddings.weight"], np.arange(64).reshape(2, 32))
    np.testing.assert_array_equal(tensors["embeddings.LayerNorm.weight"], norm)
    np.testing.assert_array_equal(tensors["encoder.layer.0.output.dense.bias"], norm)
    assert all(tensor.dtype == np.float32 for tensor in tensors.values())


def test_low_nibbles_come_first():
    data = np.frombuffer(struct.pack("<e", 1.0) + bytes([0x1F] + [0x88] * 15), dtype=np.uint8)
    expected = np.zeros(32)
    expected[0], expected[16] = 7, -7
    np.testing.assert_array_equal(unpack_blocks(data), expected)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("l11.q.w", "encoder.layer.11.attention.self.query.weight"),
        ("l3.ao.b", "encoder.layer.3.attention.output.dense.bias"),
        ("l0.aln.w", "encoder.layer.0.attention.output.LayerNorm.weight"),
        ("l0.fi.w", "encoder.layer.0.intermediate.dense.weight"),
        ("l0.oln.b", "encoder.layer.0.output.LayerNorm.bias"),
        ("emb.pos", "embeddings.position_embeddings.weight"),
    ],
)
def test_names(name, expected):
    assert bert_name(name) == expected


@pytest.mark.parametrize("name", ["l0.zz.w", "l0.q.x", "lx.q.w", "pool.w", ""])
def test_unknown_name(name):
    with pytest.raises(ValueError, match="unknown tensor"):
        bert_name(name)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty file"),
        (b"GGUF" + bytes(100), "does not start"),
        (e5_file({}, version=2), "version 2"),
        (e5_file({})[:30], "ends inside its head"),
        (e5_file({"emb.ln.w": (32, bytes(128))})[:-1], "ends before tensor emb.ln.w"),
        (e5_file({"emb.ln.w": (32, bytes(100))}), "100 bytes for 32 values"),
    ],
)
def test_damaged_file(tmp_path, content, message):
    path = tmp_path / "weights.bin"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        read_e5(path)
