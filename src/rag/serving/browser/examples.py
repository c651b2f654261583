"""Questions to begin with, made from the documents and kept only where the documents answer them.

A heading asks what stands under it, in either language of the page. A Chinese clause that ends in a figure
("…有96所") asks for the figure ("…有多少所？").
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.documents.sections import SEPARATOR
from rag.records import Passage

if TYPE_CHECKING:
    from rag.rag import Rag

SHOWN = 6
_LOOKED_AT = 30
_LONGEST_HEADING = 40
_FROM_HEADING = {"zh": "{heading}：资料里是怎么说的？", "en": "What do the documents say about {heading}?"}
_CLAUSE_END = re.compile(r"[，。；：！？,;!?\n]")
_FIGURE = re.compile(
    r"(?P<subject>[\u4e00-\u9fff“”《》、]{3,22}?)(?P<verb>有|为|是|达到?|一?共有?|超过|了)"
    r"\d[\d.,]*[余多]?[百千万亿]*(?P<unit>[余多]?[\u4e00-\u9fff]{0,3}|%)"
)
# What such a clause speaks of stands in an earlier one; a date is no figure worth asking for.
_LEANS = re.compile(r"[这那其该此它他她之]|前者|后者|上述|以上|左右|上下|分别")
_DATE = re.compile(r"[年月日号点时分届第]")


@dataclass(frozen=True, slots=True)
class Examples:
    """Up to `SHOWN` questions for each language of the page."""

    zh: tuple[str, ...] = ()
    en: tuple[str, ...] = ()


def examples(rag: Rag) -> Examples:
    """Asks each candidate and keeps those whose answer cites the passage they were made from."""
    passages = _spread(rag.passages, _LOOKED_AT)
    figures = [(question, passage) for passage in passages for question in [figure_question(passage.text)] if question]
    headings = [(_heading(passage), passage) for passage in passages if _heading(passage)]
    asked = {
        language: [(template.format(heading=heading), passage) for heading, passage in headings]
        for language, template in _FROM_HEADING.items()
    }
    return Examples(
        zh=tuple(_answered(rag, [*figures, *asked["zh"]])),
        en=tuple(_answered(rag, asked["en"])),
    )


def figure_question(text: str) -> str:
    """A question for the figure of a Chinese text whose subject is named at most length, "" where there is none."""
    questions = []
    for clause in _CLAUSE_END.split(text):
        found = _FIGURE.fullmatch(clause.strip())
        if found and not _LEANS.search(clause) and not _DATE.match(found["unit"]):
            verb = found["verb"] + ("有" if found["verb"] in ("共", "一共") else "")
            questions.append(f"{found['subject']}{verb}多少{found['unit'].lstrip('余多').rstrip('%')}？")
    return max(questions, key=len, default="")


def _heading(passage: Passage) -> str:
    """The nearest heading, where it is not the document's title alone."""
    path = passage.heading.split(SEPARATOR)
    return path[-1] if len(path) > 1 and len(path[-1]) <= _LONGEST_HEADING else ""


def _answered(rag: Rag, candidates: Iterable[tuple[str, Passage]]) -> Iterator[str]:
    kept: set[str] = set()
    for question, passage in candidates:
        if len(kept) == SHOWN:
            return
        if question in kept:
            continue
        answer = rag.ask(question, llm=False)
        if not answer.abstained and any(citation.passage.id == passage.id for citation in answer.citations):
            kept.add(question)
            yield question


def _spread(passages: Iterable[Passage], most: int) -> list[Passage]:
    """At most so many, from all over the corpus: each fifth of it first, so that the first few differ in subject."""
    every = list(passages)
    step = max(1, len(every) // most)
    chosen = every[::step][:most]
    return [passage for offset in range(5) for passage in chosen[offset::5]]
