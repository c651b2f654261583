"""A question as it was asked and as it was resolved: both readings are searched, and what they find is one list.

A passage's score is the better of its two: the probability that it answers a reading, times how far that reading is
likely to be the one that was meant.
"""

from collections.abc import Collection
from dataclasses import replace

from rag.answering.followup import Resolved
from rag.answering.leaning import Lean
from rag.retrieval.searcher import Search, Searcher

AS_ASKED = {Lean.NO: 1.0, Lean.PERHAPS: 1.0, Lean.SURELY: 0.1}
AS_RESOLVED = {Lean.NO: 0.0, Lean.PERHAPS: 0.8, Lean.SURELY: 1.0}
"""By how much the question leans. On dev (`eval/followups.py`) a question that says that it leans loses hits where it
is trusted more as it stands ("and in 2025?" is near to whatever says 2025), and one that only may lean loses where the
questions before it count as much as its own words."""


def search(searcher: Searcher, question: str, resolved: Resolved, k: int, documents: Collection[str] | None) -> Search:
    """The k best hits of both readings.

    `Search.question` is the resolved one where the question surely leans, else the reading that found the first hit.
    """
    if resolved.lean is Lean.NO or resolved.text == question:
        return searcher.searches([question], k, documents)[0]
    asked, meant = searcher.searches([question, resolved.text], k, documents)
    fused = _fused([(meant, AS_RESOLVED[resolved.lean]), (asked, AS_ASKED[resolved.lean])], k)
    if resolved.lean is Lean.SURELY:
        return replace(fused, question=meant.question, vector=meant.vector, tokens=meant.tokens)
    return fused


def _fused(readings: list[tuple[Search, float]], k: int) -> Search:
    found = sorted(
        (
            (replace(hit, score=weight * hit.score), row, place in search.copied, search)
            for search, weight in readings
            for place, (hit, row) in enumerate(zip(search.hits, search.rows, strict=True))
        ),
        key=lambda each: -each[0].score,
    )
    best = {row: (hit, copied, search) for hit, row, copied, search in reversed(found)}
    kept = [(hit, row, copied, search) for hit, row, copied, search in found if best[row][0] is hit][:k]
    first = kept[0][3] if kept else readings[0][0]
    return replace(
        first,
        hits=tuple(hit for hit, *_ in kept),
        rows=tuple(row for _, row, *_ in kept),
        copied=frozenset(place for place, (_, _, copied, _) in enumerate(kept) if copied),
    )
