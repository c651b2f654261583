"""What the page shows, as HTML. Every text goes through the templates, whose engine escapes it, and nothing else does.

No text is read as Markdown. Words of the interface are not in the HTML: an element names its line of words/*.json, and
the page fills it in in the reader's language.
"""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, get_args

from jinja2 import Environment, PackageLoader, StrictUndefined

from rag.answering.language import language_of
from rag.answering.smalltalk import Kind
from rag.documents.sections import SEPARATOR
from rag.records import Answer, Citation, Document, Passage
from rag.serving.browser.chat import Turn
from rag.serving.browser.examples import Examples
from rag.serving.browser.said import said
from rag.serving.browser.source import blocks

if TYPE_CHECKING:
    from rag.serving.browser.shelf import Match
    from rag.serving.browser.uploads import Job

LANGUAGES = ("zh", "en")
_LEGS = ("passage", "sentence", "lexical", "coverage", "tokens", "ranking", "reranker")
"""What is shown of `Hit.why`: the parts that say something to a reader."""
_LISTED = 500
"""Documents that the list shows; the rest is counted."""


def turn(turn: Turn) -> str:
    """A question with its answer, its sources and what was searched."""
    answer = turn.answer
    cited = {citation.number: citation for citation in answer.citations} if answer else {}
    quotes = answer is not None and _is_quoted(answer, cited)
    return _render(
        "turn.html", turn=turn, answer=answer, cited=cited, quotes=quotes, legs=_LEGS, small_talk=get_args(Kind)
    )


def conversation(turns: Sequence[Turn] | None, era: str = "") -> str:
    """All turns of a conversation that was reopened; None where its link leads nowhere."""
    shown = [Turn(0, "", "failed", fault="turn.lost")] if turns is None else turns
    return _render("whole.html", turns=[turn(each) for each in shown], era=era)


def welcome(count: tuple[int, int] | None, examples: Examples | None) -> str:
    """The empty conversation. `count` is of documents and passages, None while the model is loading."""
    return _render("welcome.html", count=count, examples=examples)


def documents(
    documents: Mapping[str, Document],
    passages: Iterable[Passage],
    found: Mapping[str, Sequence[Match]] | None = None,
    writable: bool = False,
) -> str:
    """The list of what is indexed. `found` limits it to those ids, with the places that were searched for.

    writable  whether there is a button to take a document out
    """
    sizes = Counter(passage.document for passage in passages)
    listed = list(documents) if found is None else list(found)
    shown = [(documents[id_], sizes[id_], found[id_] if found else ()) for id_ in listed[:_LISTED]]
    return _render(
        "documents.html", shown=shown, count=len(documents), listed=len(listed), found=found, writable=writable
    )


def job(job: Job) -> str:
    """A file on its way into the index, or what became of it."""
    return _render("job.html", job=job, report=job.report)


def document(document: Document, start: int, end: int) -> str:
    """The whole document for the reader, `text[start:end]` marked (nothing, where the range is empty)."""
    language = language_of(document.text[:2000])
    return _render("document.html", document=document, blocks=blocks(document, start, end), language=language)


def frame(name: str, **values: Any) -> str:
    """The template of that name: a part of the page, with what it shows."""
    return _render(f"{name}.html", **values)


def words() -> dict[str, dict[str, str]]:
    """The interface's words by language."""
    return {language: json.loads(_read(f"words/{language}.json")) for language in LANGUAGES}


def script() -> str:
    """The page's JavaScript in one piece."""
    parts = ("patch", "words", "reader", "kept", "feedback", "shelf", "uploads", "page", "tabs", "start")
    return "\n".join(_read(f"static/{name}.js") for name in parts)


def style() -> str:
    parts = ("page", "chat", "shelf", "feedback", "tabs")
    return "\n".join(_read(f"static/{name}.css") for name in parts)


def _read(name: str) -> str:
    return (files(__package__) / name).read_text("utf-8")


def _render(template: str, **values: Any) -> str:
    return _templates().get_template(template).render(**values)


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader(__package__ or "rag.serving.browser", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "gap": _gap,
        "leg": _leg,
        "pieces": _pieces,
        "trail": _trail,
        "tail": _tail,
        "file_name": file_name,
        "said": said,
        "seconds": _seconds,
    }
    return environment


def _is_quoted(answer: Answer, cited: Mapping[int, Citation]) -> bool:
    """Whether the answer is made of quotations, which then stand apart; prose runs on."""
    quotes = {citation.quote for citation in cited.values()}
    return all(sentence.text in quotes for sentence in answer.sentences)


def _trail(heading: str) -> tuple[str, str]:
    """ "Title › Part › Section" → "Section", "Title › Part"."""
    way, _, leaf = heading.rpartition(SEPARATOR)
    return leaf, way


def _tail(text: str) -> tuple[str, str]:
    """The text and its closing mark, which a chip must not be parted from at a line's end."""
    return (text[:-1], text[-1]) if unicodedata.category(text[-1:] or " ").startswith("P") else (text, "")


def _pieces(text: str, emphasis: Sequence[tuple[int, int]]) -> Iterator[tuple[str, bool]]:
    """The text in order, cut where what was asked for begins and ends: (characters, whether they are it)."""
    at = 0
    for start, end in emphasis:
        if at <= start < min(end, len(text)):
            yield text[at:start], False
            yield text[start:end], True
            at = min(end, len(text))
    yield text[at:], False


def _gap(text: str) -> str:
    """What separates a sentence from the next: CJK text takes no space."""
    return "" if text[-1:] > "\u2e7f" or text[-1:] in "”’…—" else " "


def _leg(value: float) -> str:
    return f"{value:.3g}"


def _seconds(timings: Mapping[str, float]) -> str:
    return f"{timings.get('total', sum(timings.values())):.2f}"


def file_name(source: str) -> str:
    """The path it was read from is nobody's business but the owner's."""
    return PurePath(source.replace("\\", "/")).name
