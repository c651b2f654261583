"""A conversation's turns ↔ a JSON file. A file that is anything else is one clear line."""

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rag.answering.conversation import Source, Turn
from rag.errors import BadConversation
from rag.records import Answer, AnswerSentence, Citation, Hit, Passage, Sentence

FORMAT = 1
_KIND = "cited-rag conversation"


def write(turns: Sequence[Turn], path: Path) -> None:
    """Raises BadConversation where the file cannot be written."""
    content = {"kind": _KIND, "format": FORMAT, "turns": [_plain(turn) for turn in turns]}
    # A lone surrogate of a document or a terminal stays what it is: ASCII holds it.
    write_text(json.dumps(content, indent=1, ensure_ascii=True) + "\n", path)


def read(path: Path) -> list[Turn]:
    """Raises BadConversation."""
    try:
        content = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise BadConversation(f"the conversation {path} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise BadConversation(f"{path} is no saved conversation, or is damaged: it is not JSON") from error
    if not isinstance(content, dict) or content.get("kind") != _KIND:
        raise BadConversation(f"{path} is no saved conversation")
    if content.get("format") != FORMAT:
        raise BadConversation(
            f"the conversation {path} is of format {content.get('format')!r}, this program reads {FORMAT}; "
            "open it with the version that saved it"
        )
    turns: list[Turn] = []
    try:
        for turn in _list(content["turns"]):
            turns.append(_turn(turn))  # one by one: their number tells where it is damaged
        return turns
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise BadConversation(f"the conversation {path} is damaged, in turn {len(turns) + 1}: {reason}") from error


def write_text(text: str, path: Path) -> None:
    """Replace a file in one step. Raises BadConversation where it cannot be written."""
    temporary = ""
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", errors="backslashreplace", newline="\n", dir=path.parent, delete=False
        ) as file:
            temporary = file.name
            file.write(text)
        Path(temporary).replace(path)
    except OSError as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        raise BadConversation(f"{path} cannot be written: {error.strerror}") from error


def _plain(turn: Turn) -> dict[str, Any]:
    return {
        "question": turn.question,
        "index": turn.generation,
        "sources": {id_: asdict(source) for id_, source in turn.sources.items()},
        "answer": asdict(turn.answer),
        "within": list(turn.within),
    }


def _turn(given: Mapping[str, Any]) -> Turn:
    sources = {str(id_): Source(_text(s["title"]), _text(s["source"])) for id_, s in given["sources"].items()}
    answer = _answer(given["answer"])
    for citation in answer.citations:
        place = citation.passage.text[citation.start - citation.passage.start : citation.end - citation.passage.start]
        if citation.start < citation.passage.start or place != citation.quote:
            raise ValueError(f"citation {citation.number} does not stand in its passage")
    cited = {citation.number for citation in answer.citations}
    if not {number for sentence in answer.sentences for number in sentence.citations} <= cited:
        raise ValueError("a sentence cites what is not there")
    passages = [c.passage for c in answer.citations] + [hit.passage for hit in answer.hits]
    if not {passage.document for passage in passages} <= sources.keys():
        raise ValueError("a document is not named")
    within = tuple(map(_text, _list(given.get("within", []))))
    return Turn(_text(given["question"]), answer, sources, _text(given["index"]), within)


def _answer(given: Mapping[str, Any]) -> Answer:
    if given["origin"] not in ("extractive", "generated"):
        raise ValueError(f"the origin is {given['origin']!r}")
    return Answer(
        question=_text(given["question"]),
        text=_text(given["text"]),
        sentences=tuple(
            AnswerSentence(
                _text(s["text"]),
                tuple(map(_whole, _list(s["citations"]))),
                bool(s["supported"]),
                tuple(map(_text, _list(s["problems"]))),
                tuple((_whole(start), _whole(end)) for start, end in map(_list, _list(s.get("emphasis", [])))),
            )
            for s in _list(given["sentences"])
        ),
        citations=tuple(
            Citation(
                _whole(c["number"]), _passage(c["passage"]), _whole(c["start"]), _whole(c["end"]), _text(c["quote"])
            )
            for c in _list(given["citations"])
        ),
        hits=tuple(_hit(hit) for hit in _list(given["hits"])),
        abstained=bool(given["abstained"]),
        reason=_text(given["reason"]),
        language=_text(given["language"]),
        timings={_text(name): float(seconds) for name, seconds in given["timings"].items()},
        resolved=_text(given["resolved"]),
        origin=given["origin"],
        notice=_text(given["notice"]),
        confidence=float(given.get("confidence", 0.0)),
    )


def _hit(given: Mapping[str, Any]) -> Hit:
    sentence = None if given["sentence"] is None else _sentence(given["sentence"])
    why = {_text(name): float(value) for name, value in given["why"].items()}
    return Hit(_passage(given["passage"]), float(given["score"]), sentence, why, _whole(given["duplicates"]))


def _passage(given: Mapping[str, Any]) -> Passage:
    sentences = tuple(map(_sentence, _list(given["sentences"])))
    return Passage(
        _text(given["id"]),
        _text(given["document"]),
        _text(given["text"]),
        _whole(given["start"]),
        _whole(given["end"]),
        _text(given["heading"]),
        sentences,
    )


def _sentence(given: Mapping[str, Any]) -> Sentence:
    return Sentence(_whole(given["start"]), _whole(given["end"]))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.40} is not a text")
    return value


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError(f"{value!r:.40} is not a whole number")
    return value


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r:.40} is not a list")
    return value
