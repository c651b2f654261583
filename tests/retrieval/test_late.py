"""Late interaction against its definition, written out."""

import numpy as np
import pytest

from rag.index.token_codes import Codec, PassageTokens, TokenCodes
from rag.retrieval.late import WINDOW, late_interaction

SIZE = 16


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def codes_of(*sizes):
    dice = np.random.default_rng(3)
    codec = Codec.of(np.zeros(SIZE, np.float32))
    passages = []
    for size in sizes:
        codes = codec.encode(dice.standard_normal((size, SIZE)).astype(np.float32))
        passages.append(PassageTokens(codes, np.arange(size, dtype=np.uint16)))
    return TokenCodes.joined(codec, passages)


def slowly(codes, question, row):
    cosines = question @ codes.codec.decode(codes.passage(row).codes).T
    step = WINDOW // 2
    starts = range(0, max(1, cosines.shape[1] - step), step)
    best = max(cosines[:, start : start + WINDOW].max(axis=1).mean() for start in starts)
    return cosines.max(axis=1).mean(), best


@pytest.mark.parametrize("rows", [[0], [2, 0], [0, 1, 2, 3, 4, 5]])
def test_against_the_definition(rows):
    codes = codes_of(1, 24, 25, 48, 49, 301)
    question = unit(np.random.default_rng(4).standard_normal((7, SIZE)).astype(np.float32))
    whole, window = late_interaction(codes, question, np.array(rows))
    expected = [slowly(codes, question, row) for row in rows]
    np.testing.assert_allclose(whole, [pair[0] for pair in expected], atol=1e-6)
    np.testing.assert_allclose(window, [pair[1] for pair in expected], atol=1e-6)
    assert (window <= whole + 1e-6).all()


def test_a_passage_that_holds_the_question_matches_it_whole():
    codes = codes_of(30, 30)
    question = codes.codec.decode(codes.passage(1).codes[5:9])
    whole, window = late_interaction(codes, question, np.array([0, 1]))
    assert whole[1] == pytest.approx(1) == window[1]
    assert whole[0] < 0.9


def test_nothing_to_compare():
    codes = codes_of(0, 3, 0)
    question = unit(np.ones((2, SIZE), np.float32))
    whole, window = late_interaction(codes, question, np.array([0, 1, 2]))
    assert (whole[0], window[0], whole[2], window[2]) == (0, 0, 0, 0)
    assert whole[1] == window[1] != 0
    assert late_interaction(codes, question[:0], np.array([1]))[0].tolist() == [0]
    assert late_interaction(codes, question, np.array([], np.int64))[0].shape == (0,)
