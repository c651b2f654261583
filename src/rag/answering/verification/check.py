"""A sentence and the quotes it cites → whether they bear it out."""

from collections.abc import Sequence

import regex

from rag.answering.language import language_of
from rag.answering.verification.content import LEAST, LEAST_SIMILARITY, shared_content
from rag.answering.verification.instructions import evidence_of
from rag.answering.verification.names import name_problems
from rag.answering.verification.polarity import polarity_problems, turned_across
from rag.answering.verification.quantities import quantities, quantity_problems, vulgar
from rag.answering.verification.verdict import Problem, Verdict
from rag.index.normal import normal

_MARK = regex.compile(r"[\[［【]\s*\^?\d{1,3}(?:\s*[,，、\-–]\s*\d{1,3})*\s*[\]］】]")

_LONGEST = 2000
"""Characters: a longer sentence is none, and of a longer quote the rest is not read. Some rules take quadratic time."""


def verify(sentence: str, quotes: Sequence[str], *, similarity: float | None = None) -> Verdict:
    """Check figures, dates, names, polarity and content words of a sentence against all its quotes together.

    similarity  cosine of the sentence and its closest quote by the packaged model. Without it nothing is borne out by
                a quote in another language, whose words cannot be compared.

    What a quote tells an assistant to say is no evidence. Which role each of two names has is beyond these rules.
    """
    sentence = _MARK.sub("", sentence)
    held = [_MARK.sub(" ", evidence_of(quote)) for quote in quotes if quote.strip()]
    if held and not any(quote.strip() for quote in held):
        return Verdict(False, (Problem("content", ""),))  # nothing but orders
    if not held:
        return Verdict(False, (Problem("no citation", ""),))
    if len(sentence) > _LONGEST:
        return Verdict(False, (Problem("content", ""),))
    held = [quote[:_LONGEST] for quote in held]
    said, normals = normal(vulgar(sentence)), [normal(vulgar(quote)) for quote in held]
    problems = quantity_problems(quantities(said), [quantities(text) for text in normals])
    share = shared_content(said, normals)
    if _same_language(sentence, held, share):
        problems += name_problems(sentence, held)
        problems += polarity_problems(said, normals)
        if not problems and (share is None or share < LEAST):
            problems.append(Problem("content", ""))
    else:
        problems += turned_across(said, normals)
        if similarity is None or similarity < LEAST_SIMILARITY:
            problems.append(Problem("content", ""))
    return Verdict(not problems, tuple(dict.fromkeys(problems)))


def _same_language(sentence: str, held: Sequence[str], share: float | None) -> bool:
    """By script; where that is the same but hardly a word is, by the language identifier."""
    text = "\n".join(held)
    if _script(sentence) != _script(text):
        return False
    if share is None or share >= LEAST or not sentence.strip() or not text.strip():
        return True
    return language_of(sentence).split("-")[0] == language_of(text).split("-")[0]


def _script(text: str) -> str:
    """The script that most of it is written in; a Chinese character weighs as much as a short word."""
    counts = {
        "cjk": 3 * len(regex.findall(r"[\p{Han}\p{Hiragana}\p{Katakana}]", text)),
        "latin": len(regex.findall(r"\p{Latin}", text)),
    }
    other = len(regex.findall(r"\p{L}", text)) - counts["cjk"] // 3 - counts["latin"]
    counts["other"] = other
    return max(counts, key=lambda script: counts[script])
