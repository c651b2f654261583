"""Hits → what of them fits into the model's context: whole sentences, the best hit first."""

from collections.abc import Sequence
from dataclasses import dataclass

import regex

from rag.answering.generation.neutral import neutral
from rag.records import Hit, Passage, Sentence

_ONE_EACH = regex.compile(r"[0-9\p{P}\p{S}\n]")
_AROUND = 12
"""Tokens of the marks around a passage."""


@dataclass(frozen=True, slots=True)
class Offered:
    """A passage, or a run of its sentences, as the prompt shows it under a number."""

    number: int
    passage: Passage
    sentences: tuple[Sentence, ...]

    def slice(self, first: int, last: int) -> str:
        """The document's characters from the first to the last of these sentences, both included."""
        start = self.passage.start
        return self.passage.text[self.sentences[first].start - start : self.sentences[last].end - start]

    @property
    def text(self) -> str:
        return self.slice(0, len(self.sentences) - 1)


def estimated_tokens(text: str) -> int:
    """More tokens than the tokenizers of today's models make of a text (docs/generation.md has the measurement).

    Half a token a byte of UTF-8, so 1.5 for a Chinese character, and one for each digit and sign.
    """
    signs = len(_ONE_EACH.findall(text))
    return signs + (len(text.encode("utf-8", "replace")) - signs + 1) // 2


def fit(hits: Sequence[Hit], room: int) -> list[Offered]:
    """Passages numbered from 1 in the order of the hits, until `room` (estimated tokens) is used up.

    The first that does not fit whole is cut to the run of sentences around its best one that does; none after it.
    """
    offered: list[Offered] = []
    for hit in hits:
        passage = hit.passage
        room -= _AROUND + estimated_tokens(neutral(passage.heading))
        sentences = passage.sentences
        if not sentences:
            continue
        costs = [_cost(passage, sentence) for sentence in sentences]
        if sum(costs) > room:
            best = sentences.index(hit.sentence) if hit.sentence in sentences else 0
            first, last = _grow(costs, best, room)
            if first <= last:
                offered.append(Offered(len(offered) + 1, passage, sentences[first : last + 1]))
            break
        room -= sum(costs)
        offered.append(Offered(len(offered) + 1, passage, sentences))
    return offered


def _cost(passage: Passage, sentence: Sentence) -> int:
    text = passage.text[sentence.start - passage.start : sentence.end - passage.start]
    return estimated_tokens(neutral(text)) + 1


def _grow(costs: Sequence[int], best: int, room: int) -> tuple[int, int]:
    """The first and last of the run around `best` that fits, grown to both sides; an empty run is (best, best - 1)."""
    first, last = best, best - 1
    for step in range(len(costs)):
        for place in (best + step, best - step):
            if place in (first - 1, last + 1) and 0 <= place < len(costs) and costs[place] <= room:
                room -= costs[place]
                first, last = min(first, place), max(last, place)
    return first, last
