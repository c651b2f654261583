"""Late interaction: how well each of a question's tokens is matched by the tokens of a passage.

A passage's score is the mean, over the question's tokens, of the highest cosine with any of its tokens (MaxSim of
ColBERT, Khattab & Zaharia 2020, arXiv:2004.12832), here over the untrained states of the embedding model, without their
language (`rag.embedding.languages`). One vector for a whole passage blurs what it says; its tokens do not, and in
another language they still stand near each other.
"""

import numpy as np
from numpy.typing import NDArray

from rag.index.contents import Index, indexed_text
from rag.index.token_codes import TokenCodes
from rag.retrieval.legs import Floats

WINDOW = 48
"""Tokens of a window, about two sentences: facts that stand together count more than the same words strewn over a
passage. Windows overlap by half."""


def late_interaction(codes: TokenCodes, question: Floats, rows: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """MaxSim of a question with the passages in `rows`, whole and in the best window: two arrays (rows,), −1…1.

    `question` is (tokens, dimension), unit rows turned by the codec. A question or passage without tokens scores 0.
    """
    whole, window = np.zeros(len(rows), np.float32), np.zeros(len(rows), np.float32)
    sizes = codes.ends[rows + 1] - codes.ends[rows]
    if not len(question) or not sizes.sum():
        return whole, window
    some = [codes.codes[codes.ends[row] : codes.ends[row + 1]] for row in rows]
    cosines = question @ codes.codec.decode(np.concatenate(some)).T
    first = 0
    for i, size in enumerate(sizes):
        if not size:
            continue
        own = cosines[:, first : first + size]
        first += size
        halves = np.maximum.reduceat(own, np.arange(0, size, WINDOW // 2), axis=1)
        whole[i] = halves.max(axis=1).mean()
        windows = np.maximum(halves[:, :-1], halves[:, 1:]) if halves.shape[1] > 1 else halves
        window[i] = windows.mean(axis=0).max()
    return whole, window


def sentence_interaction(index: Index, question: Floats, row: int) -> Floats:
    """Highest cosine of each of the question's tokens with those of each sentence of a passage: (tokens, sentences).

    0 for a sentence without tokens.
    """
    codes = index.tokens
    passage = index.passages[row]
    found = np.zeros((len(question), len(passage.sentences)), np.float32)
    if codes is None or not len(question):
        return found
    own = codes.passage(row)
    if not len(own.codes):
        return found
    cosines = question @ codes.codec.decode(own.codes).T
    shift = len(indexed_text(passage)) - len(passage.text) - passage.start
    # A token may begin at the blank before its sentence.
    starts = np.searchsorted(own.starts, [max(0, sentence.start + shift - 1) for sentence in passage.sentences])
    for i, (start, end) in enumerate(zip(starts, [*starts[1:], len(own.codes)], strict=True)):
        if start < end:
            found[:, i] = cosines[:, start:end].max(axis=1)
    return found
