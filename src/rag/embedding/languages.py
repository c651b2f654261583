"""Question vectors, and token states, without their language.

All questions of one language share an offset in a multilingual model's space, and it pulls them towards passages of
the same language and form rather than of the same content. Each language's offset is estimated as the mean vector of
thirty generic questions (`generic_questions.json`: our own, about nothing in particular) and part of it is taken off
the question. A question is taken for the language whose mean is nearest to it (right for 99 % of our dev questions);
one in a language that nobody prepared is nearest to a related one.

The states of tokens carry their language as well: there the whole mean of the question's language is taken off, and
from a passage's tokens the mean over all prepared languages, which needs no corpus and so stays when documents come and
go.

Taking the corpus's mean off the passages, too, was measured and left out: it moved XQuAD en→zh by +2.0 points of hit@1
and zh→en by −1.2, and lost 2 points on the article, whose few passages have a mean that is all topic.

Source of the idea: all-but-the-top (Mu & Viswanath 2018, "All-but-the-Top: Simple and Effective Postprocessing for Word
Representations"), here per language and on the question's side.
"""

import json
import os
import tempfile
import threading
import zipfile
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.embedding.embedder import Embedder, Vectors, gives_tokens

STRENGTH = 0.6
"""How much of the mean is taken off. Across languages 0.4 to 0.8 are alike (XQuAD en→zh 79, zh→en 68 to 72 % hit@1,
against 78 and 62 without); within one language more costs up to half a point."""
_lock = threading.Lock()


class LanguageMeans:
    """Mean question vector of each prepared language: `means` is (languages, dimension) float32.

    token_means  (languages, dimension) mean state of a question's tokens; None for a model without token states
    """

    def __init__(
        self,
        languages: tuple[str, ...],
        means: NDArray[np.float32],
        token_means: NDArray[np.float32] | None = None,
    ) -> None:
        self.languages, self.means, self.token_means = languages, means, token_means
        self._directions = _unit(means)

    def language(self, vector: Vectors) -> str:
        """The prepared language nearest to a question's vector."""
        return self.languages[int(np.argmax(self._directions @ vector))]

    @property
    def token_mean(self) -> NDArray[np.float32] | None:
        """(dimension,) mean state of a token in any language."""
        return None if self.token_means is None else self.token_means.mean(axis=0)

    def centred_tokens(self, vector: Vectors, states: NDArray[np.float32]) -> NDArray[np.float32]:
        """(tokens, dimension) unit rows: a question's token states without the mean of its language.

        `vector` is the question's, by which its language is told.
        """
        if self.token_means is None:
            raise ValueError("the means of a model without token states")
        return _unit(states - self.token_means[int(np.argmax(self._directions @ vector))])

    def centred(self, vectors: Vectors, strength: float = STRENGTH) -> Vectors:
        """(n, dimension) unit rows with the language's mean partly taken off, unit rows again."""
        nearest = np.argmax(vectors @ self._directions.T, axis=1)
        return _unit(vectors - strength * self.means[nearest])


def language_means(embedder: Embedder) -> LanguageMeans:
    """The means for a model: shipped for the packaged one, for any other measured once and kept in the user's cache."""
    with _lock:
        shipped = files("rag.embedding").joinpath("language_means.npz")
        for source in (Path(str(shipped)), _cached(embedder)):
            found = _read(source, embedder)
            if found is not None:
                return found
        means = measured(embedder)
        _write(_cached(embedder), embedder, means)
        return means


def measured(embedder: Embedder) -> LanguageMeans:
    """Embed the generic questions and average them by language."""
    questions: dict[str, list[str]] = json.loads(
        files("rag.embedding").joinpath("generic_questions.json").read_text("utf-8")
    )
    texts = [question for own in questions.values() for question in own]
    ends = np.cumsum([len(own) for own in questions.values()])
    token_means = None
    if gives_tokens(embedder):
        vectors, tokens = embedder.embed_questions_with_tokens(texts)
        parts = (tokens[end - len(own) : end] for own, end in zip(questions.values(), ends, strict=True))
        means = [np.concatenate([token.states for token in part]).mean(axis=0) for part in parts]
        token_means = np.stack(means).astype(np.float32)
    else:
        vectors = embedder.embed_questions(texts)
    means = [part.mean(axis=0) for part in np.split(vectors, ends[:-1])]
    return LanguageMeans(tuple(questions), np.stack(means).astype(np.float32), token_means)


def _cached(embedder: Embedder) -> Path:
    from rag.embedding.packaged import cached_folder

    return cached_folder().parent / "language-means" / f"{embedder.fingerprint[:32]}.npz"


def _read(path: Path, embedder: Embedder) -> LanguageMeans | None:
    try:
        with np.load(path, allow_pickle=False) as stored:
            if str(stored["fingerprint"]) != embedder.fingerprint:
                return None
            token_means = stored["token_means"].astype(np.float32) if "token_means" in stored else None
            if gives_tokens(embedder) != (token_means is not None):
                return None
            return LanguageMeans(tuple(map(str, stored["languages"])), stored["means"].astype(np.float32), token_means)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return None


def _write(path: Path, embedder: Embedder, means: LanguageMeans) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, beside = tempfile.mkstemp(dir=path.parent, suffix=".npz")
        with os.fdopen(handle, "wb") as file:
            save(file, embedder, means)
        Path(beside).replace(path)
    except OSError:
        return  # a cache that cannot be written costs time, not answers


def save(file: Any, embedder: Embedder, means: LanguageMeans) -> None:
    """Write means in the form that is shipped (half precision: a few kilobytes)."""
    arrays: dict[str, Any] = {
        "fingerprint": np.array(embedder.fingerprint),
        "languages": np.array(means.languages),
        "means": means.means.astype(np.float16),
    }
    if means.token_means is not None:
        arrays["token_means"] = means.token_means.astype(np.float16)
    np.savez_compressed(file, **arrays)


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    unit: NDArray[np.float32] = rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-9)
    return unit
