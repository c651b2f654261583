"""Token states in two bits a number: how much is kept, and what a file brings back."""

import numpy as np
import pytest

from rag.embedding.embedder import Tokens
from rag.index.token_codes import Codec, TokenCodes, passage_tokens

SIZE = 384


def states(count, seed=1):
    """Rows with a common offset and a few large dimensions, as a model gives them."""
    dice = np.random.default_rng(seed)
    rows = dice.standard_normal((count, SIZE)).astype(np.float32)
    rows[:, :3] *= 20
    return rows + 2


@pytest.fixture
def codec():
    return Codec.of(np.full(SIZE, 2, np.float32))


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_cosines_survive(codec):
    rows = states(200)
    codes = codec.encode(rows)
    assert (codes.shape, codes.dtype) == ((200, SIZE // 4), np.uint8)
    whole = unit(rows - 2)
    kept = codec.decode(codes)
    np.testing.assert_allclose(np.linalg.norm(kept, axis=1), 1, atol=1e-5)
    own = (codec.turned(whole) * kept).sum(axis=1)
    assert own.min() > 0.9
    true, seen = whole @ whole.T, codec.turned(whole) @ kept.T
    others = ~np.eye(200, dtype=bool)
    assert np.corrcoef(true[others], seen[others])[0, 1] > 0.9


def test_a_rotation_is_the_same_every_time(codec):
    np.testing.assert_array_equal(Codec.of(codec.mean).rotation, codec.rotation)
    np.testing.assert_allclose(codec.rotation @ codec.rotation.T, np.eye(SIZE), atol=1e-5)
    with pytest.raises(ValueError, match="whole bytes"):
        Codec.of(np.zeros(6, np.float32))


def test_passages_come_back_from_a_file(codec, tmp_path):
    sizes = (3, 0, 5)
    given = [passage_tokens(codec, Tokens(states(size, size + 1), np.arange(size) * 40_000)) for size in sizes]
    TokenCodes.joined(codec, given).save(tmp_path / "t.npz")
    found = TokenCodes.load(tmp_path / "t.npz", 3, SIZE)
    for row, (own, size) in enumerate(zip(given, sizes, strict=True)):
        np.testing.assert_array_equal(found.passage(row).codes, own.codes)
        assert found.passage(row).starts.tolist() == [0, 40_000, 65_535, 65_535, 65_535][:size]
    for passages, dimension in ((2, SIZE), (3, SIZE + 4)):
        with pytest.raises(ValueError, match="do not fit"):
            TokenCodes.load(tmp_path / "t.npz", passages, dimension)


def test_no_passages(codec, tmp_path):
    TokenCodes.joined(codec, []).save(tmp_path / "t.npz")
    assert TokenCodes.load(tmp_path / "t.npz", 0, SIZE).codes.shape == (0, SIZE // 4)
    assert codec.encode(np.zeros((0, SIZE), np.float32)).shape == (0, SIZE // 4)
