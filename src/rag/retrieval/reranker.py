"""The optional second stage: a model that reads question and passage together reorders the first hits.

The probabilities keep their places: the passage that the reranker puts first gets the highest that the search gave, and
so on. They tell how likely an answer stands at that place, on the one scale that all questions share; the reranker's
own scores are on no scale that two models share, and stand in `why["reranker"]`. Copies of a better passage stay behind
the distinct ones, and whether the documents answer at all is judged as without a reranker.
"""

import contextlib
import logging
import re
import threading
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from rag.errors import BadModel
from rag.index.contents import indexed_text
from rag.records import Hit

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

RERANKED = 20
"""Hits that are reordered."""
_READS_PAIRS = re.compile(r"For(SequenceClassification|CausalLM|ConditionalGeneration)$")

log = logging.getLogger(__name__)


class Reranker(Protocol):
    """What reads a question and passages together. Must be safe from any thread."""

    def scores(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """(texts,): the higher, the better the text answers. Comparable within one question only."""


def reranked(
    reranker: Reranker, question: str, hits: Sequence[Hit], copied: Collection[int]
) -> tuple[list[Hit], list[int]]:
    """The hits in their new order, and the place that each had. Those at the places `copied` stay where they are."""
    result, order = list(hits), list(range(len(hits)))
    places = [place for place in order[:RERANKED] if place not in copied]
    if places:
        scores = reranker.scores(question, [indexed_text(hits[place].passage) for place in places])
        if len(scores) != len(places):
            raise ValueError(f"the reranker gave {len(scores)} scores for {len(places)} texts")
        for new, best in zip(places, np.argsort(-np.asarray(scores, np.float64), kind="stable"), strict=True):
            old = order[new] = places[best]
            why = {**hits[old].why, "reranker": round(float(scores[best]), 4)}
            result[new] = replace(hits[old], score=hits[new].score, why=why)
    return result, order


def load_reranker(name: str) -> Reranker:
    """The sentence-transformers CrossEncoder in a folder, or of a hub name: from the hub's local cache, and only where
    it is not there from the hub. Code that a model brings along is not run. Raises BadModel, one line.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        return _Pairs(_load(str(folder), f"the reranker {folder} cannot be loaded", local_files_only=True), name)
    if not re.fullmatch(r"(\w[\w.-]*/)?\w[\w.-]*", name):
        raise BadModel(f"there is no reranker folder {name!r}; leave out --reranker to search without one")
    return _Pairs(_from_hub(name), name)


def _from_hub(name: str) -> "CrossEncoder":
    import huggingface_hub

    with contextlib.suppress(BadModel):
        return _load(name, "", local_files_only=True)
    problem = f"the reranker {name} is neither a folder nor complete in the local hub cache, and the hub"
    if huggingface_hub.constants.HF_HUB_OFFLINE:
        raise BadModel(f"{problem} is switched off (HF_HUB_OFFLINE); leave out --reranker to search without one")
    log.info("fetching the reranker %s from the hub (once)", name)
    return _load(name, f"{problem} does not give it", local_files_only=False)


def _load(source: str, problem: str, local_files_only: bool) -> "CrossEncoder":
    from sentence_transformers import CrossEncoder

    from rag.embedding.sentence import quiet

    try:
        with quiet():
            model: CrossEncoder = CrossEncoder(source, local_files_only=local_files_only)
            return model
    except Exception as error:  # files from outside, read by other libraries: they may fail in any way
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise BadModel(f"{problem} ({lines[0][:200]})") from error


class _Pairs:
    """A CrossEncoder as a `Reranker`. Calls take turns: each changes the tokenizer inside."""

    def __init__(self, model: "CrossEncoder", name: str) -> None:
        named = getattr(model.config, "architectures", None) or []
        if not any(_READS_PAIRS.search(architecture) for architecture in named):
            # The library would give such a model a last layer of random weights.
            raise BadModel(f"the model {name} is no reranker but {', '.join(named) or 'unknown'}; give a CrossEncoder")
        if model.num_labels != 1:
            raise BadModel(f"the model {name} gives {model.num_labels} scores for a pair; a reranker gives one")
        self._model, self._lock = model, threading.Lock()

    def scores(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        from torch.nn import Identity

        pairs = [(question, text) for text in texts]
        with self._lock:
            # Without the sigmoid, in which high scores become one and the same number.
            scores = self._model.predict(pairs, activation_fn=Identity(), show_progress_bar=False)
        return np.asarray(scores, np.float32).reshape(len(texts))
