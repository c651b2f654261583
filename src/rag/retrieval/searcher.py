"""Questions → Hits: both legs, fused, with a probability that means the same for every question."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from rag.embedding.embedder import Embedder, Vectors, gives_tokens
from rag.embedding.languages import language_means
from rag.errors import BadSetting
from rag.index.contents import Index, indexed_text
from rag.index.vectors import rows_of
from rag.records import Hit, Sentence
from rag.retrieval.duplicates import copies
from rag.retrieval.filters import Fields, Filters
from rag.retrieval.fuse import fuse
from rag.retrieval.legs import Evidence, Floats, Legs
from rag.retrieval.pinyin import Pinyin
from rag.retrieval.probability import FEATURES, features, probabilities
from rag.retrieval.rank import FEATURES as RANKING_FEATURES
from rag.retrieval.rank import RANKED, ranked_values, ranking_features
from rag.retrieval.reranker import RERANKED, Reranker, reranked

_TOKENS, _WINDOW = RANKING_FEATURES.index("tokens"), RANKING_FEATURES.index("window")
Leg = Literal["hybrid", "dense", "lexical"]
"""What ranks the passages: both legs together, or one of them alone (to see what each is worth)."""


@dataclass(frozen=True, slots=True)
class Search:
    """A question's hits and what an answer needs beyond them: its vector and the rows of the hits' passages.

    copied  places of the hits that nearly repeat a better one
    tokens  the question's, as `rag.retrieval.late` takes them; None where the model or the index has none
    """

    question: str
    vector: Vectors
    hits: tuple[Hit, ...]
    rows: tuple[int, ...]
    copied: frozenset[int] = frozenset()
    tokens: Floats | None = None


class Searcher:
    """Searches one index with the embedder that built it. Safe from any thread.

    A reranker reorders the first hits of searches by both legs.
    """

    def __init__(self, index: Index, embedder: Embedder, reranker: Reranker | None = None) -> None:
        self.index = index
        self._reranker = reranker
        self.embedder = embedder
        self._legs = Legs(index)
        self._means = language_means(embedder)
        self._fields = Fields(index.documents)
        self._pinyin = Pinyin(index.lexical)
        self._rows_by_document: dict[str, list[int]] = {}
        for row, passage in enumerate(index.passages):
            self._rows_by_document.setdefault(passage.document, []).append(row)

    def search(
        self,
        question: str,
        k: int = 5,
        documents: Collection[str] | None = None,
        *,
        filters: Filters | None = None,
        leg: Leg = "hybrid",
    ) -> list[Hit]:
        """The k likeliest passages, best first; fewer where the corpus has fewer, none for an empty question.

        documents  ids or sources that the search is limited to
        filters    values that fields of a passage's document must have (see `rag.retrieval.filters`)
        leg        what ranks; the lexical leg alone finds only passages that share a term with the question

        Raises BadSetting for k below 1, a document, field or value that is not there, or an unknown leg.
        """
        return self.search_many([question], k, documents, filters=filters, leg=leg)[0]

    def search_many(
        self,
        questions: Sequence[str],
        k: int = 5,
        documents: Collection[str] | None = None,
        *,
        filters: Filters | None = None,
        leg: Leg = "hybrid",
    ) -> list[list[Hit]]:
        """`search` for each question; the questions are embedded together."""
        return [list(found.hits) for found in self.searches(questions, k, documents, filters=filters, leg=leg)]

    def searches(
        self,
        questions: Sequence[str],
        k: int = 5,
        documents: Collection[str] | None = None,
        *,
        filters: Filters | None = None,
        leg: Leg = "hybrid",
    ) -> list[Search]:
        """`search_many` with what answering needs. `Search.question` is the question as it was read."""
        if leg not in get_args(Leg):
            raise BadSetting(f"there is no leg {leg!r}; known: {', '.join(get_args(Leg))}")
        if k < 1:
            raise BadSetting(f"k is {k}; it must be at least 1")
        limit = self.limit(documents, filters)
        allowed = None if limit is None else [row for id_ in limit for row in self._rows_by_document.get(id_, [])]
        questions = [self.read(question) for question in questions]
        asked = [question for question in questions if question.strip()]
        vectors = None
        if asked and self.index.passages:
            vectors = iter(self._embedded(asked))
        nothing = np.zeros(self.embedder.dimension, np.float32)
        deep = self._reranker is not None and leg == "hybrid"
        depth = max(k, RERANKED) if deep else k
        found = [
            self._search(question, *next(vectors), depth, allowed, leg)
            if vectors is not None and question.strip()
            else Search(question, nothing, (), ())
            for question in questions
        ]
        return [self._reranked(search, k) for search in found] if deep else found

    def read(self, question: str) -> str:
        """The question as it is searched for: with the corpus's Chinese words for what it spells in pinyin."""
        return self._pinyin.read(question)

    def sentence_cosines(self, vector: Vectors, row: int) -> NDArray[np.float32]:
        """Cosine of a question's vector with each sentence of the passage in that row: (sentences,)."""
        starts = self.index.sentence_starts
        cosines: NDArray[np.float32] = rows_of(self.index.sentence_vectors)[starts[row] : starts[row + 1]] @ vector
        return cosines

    def similarities(self, text: str, others: Sequence[str]) -> list[float]:
        """Cosines of a text with each of the others, all as passages without headings; of their first characters."""
        longest = self.embedder.max_tokens // 2
        vectors = self.embedder.embed_passages([each[:longest] for each in (text, *others)])
        return [float(cosine) for cosine in vectors[1:] @ vectors[0]]

    def limit(self, documents: Collection[str] | None, filters: Filters | None) -> set[str] | None:
        """Ids of the documents that a search is limited to; None for no limit. Raises BadSetting as `search` does."""
        return self._fields.matching(documents, filters)

    def _embedded(self, questions: Sequence[str]) -> Iterator[tuple[Vectors, Floats | None]]:
        """Each question's centred vector and, where the index has tokens, its own, ready to be compared with those."""
        codes = self.index.tokens
        if codes is None or not gives_tokens(self.embedder):
            for vector in self._means.centred(self.embedder.embed_questions(questions)):
                yield vector, None
            return
        vectors, tokens = self.embedder.embed_questions_with_tokens(questions)
        for vector, centred, own in zip(vectors, self._means.centred(vectors), tokens, strict=True):
            yield centred, codes.codec.turned(self._means.centred_tokens(vector, own.states))

    def _search(
        self,
        question: str,
        vector: Vectors,
        tokens: Floats | None,
        k: int,
        allowed: Collection[int] | None,
        leg: Leg = "hybrid",
    ) -> Search:
        evidence = self._legs.evidence(question, vector, allowed)
        fused = fuse(evidence)
        best = np.argsort(-fused, kind="stable")[:RANKED]
        compared = ranking_features(self.index, question, tokens, evidence, best)
        values = ranked_values(compared, tokens is not None, fused, best, evidence.coverage)
        row_of = dict(zip(map(int, best), compared, strict=True))
        order = _ranked(evidence, values, leg)
        copied: dict[int, int] = {}
        if leg == "hybrid":
            order, copied = self._copies(question, evidence, order)
        order = order[:k]
        late = {i: (float(row[_TOKENS]), float(row[_WINDOW])) for i, row in row_of.items()}
        table = self._features(question, evidence, values, order, copied, late)
        counts = Counter(copied.values())
        hits = []
        for i, score, row in zip(order, probabilities(table, tokens is not None), table, strict=True):
            why = dict(zip(FEATURES, map(float, row), strict=True)) | {
                "lexical": float(evidence.lexical[i]),
                "lexical_z": float(evidence.lexical_z[i]),
                "fused": float(fused[i]),
                "ranking": float(values[i]),
            }
            if int(i) in row_of:
                why |= dict(zip(RANKING_FEATURES, map(float, row_of[int(i)]), strict=True))
            hits.append(self._hit(evidence, int(i), score, why, counts[int(i)]))
        places = frozenset(place for place, i in enumerate(order) if int(i) in copied)
        return Search(question, vector, tuple(hits), tuple(int(evidence.rows[i]) for i in order), places, tokens)

    def _reranked(self, search: Search, k: int) -> Search:
        assert self._reranker is not None
        hits, order = reranked(self._reranker, search.question, search.hits, search.copied)
        rows = tuple(search.rows[place] for place in order[:k])
        copied = frozenset(place for place in search.copied if place < k)
        return replace(search, hits=tuple(hits[:k]), rows=rows, copied=copied)

    def _copies(
        self, question: str, evidence: Evidence, order: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], dict[int, int]]:
        """The order with copies behind the first distinct passages, and which candidate each of them nearly repeats."""
        found = copies(question, len(order), lambda n: indexed_text(self.index.passages[int(evidence.rows[order[n]])]))
        moved = sorted(range(len(found)), key=lambda place: found[place] is not None)  # stable
        copied = {int(order[low]): int(order[high]) for low, high in enumerate(found) if high is not None}
        return np.concatenate([order[moved], order[len(found) :]]), copied

    def _features(
        self,
        question: str,
        evidence: Evidence,
        values: Floats,
        order: NDArray[np.int64],
        copied: Mapping[int, int],
        late: Mapping[int, tuple[float, float]],
    ) -> NDArray[np.float64]:
        # A passage leads the others that say something else; its copies say nothing against it.
        alone = values.copy()
        alone[list(copied)] = values.min(initial=0.0)
        passages = [self.index.passages[int(evidence.rows[i])] for i in order]
        table = features(question, evidence, alone, order, passages, self.index.lexical, late)
        own = [n for n, i in enumerate(order) if int(i) in copied]
        if own:
            said = [passages[n] for n in own]
            table[own] = features(question, evidence, values, order[own], said, self.index.lexical, late)
        return table

    def _hit(self, evidence: Evidence, i: int, score: float, why: dict[str, float], duplicates: int) -> Hit:
        row = int(evidence.rows[i])
        passage = self.index.passages[row]
        sentence: Sentence | None = None
        if passage.sentences:
            start, end = self.index.sentence_starts[row], self.index.sentence_starts[row + 1]
            sentence = passage.sentences[int(np.argmax(evidence.sentences[start:end]))]
        return Hit(passage, score, sentence, {name: round(value, 4) for name, value in why.items()}, duplicates)


def _ranked(evidence: Evidence, ranking: Floats, leg: Leg) -> NDArray[np.int64]:
    """Candidates (positions in `evidence`), best first."""
    values = {"hybrid": ranking, "dense": evidence.dense_z, "lexical": evidence.lexical}[leg]
    order = np.argsort(-values, kind="stable")
    # Candidates without a shared term are there by the other leg.
    return order[evidence.lexical[order] > 0] if leg == "lexical" else order
