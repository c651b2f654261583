"""What is said where nothing is quoted: to small talk, and where the documents do not answer. Cites nothing."""

from collections.abc import Sequence
from dataclasses import replace

from rag.answering.language import language_of, phrase
from rag.answering.smalltalk import smalltalk
from rag.index.contents import Index
from rag.index.terms import has_han
from rag.records import Answer

_TITLES, _LONGEST_TITLE = 3, 60
_REASONS = {"empty": "empty question", "no_documents": "no documents", "absent": "not in the documents"}


def small_talk(question: str, language: str, history: Sequence[str], index: Index) -> Answer | None:
    """The reply to a question that is none, with the kind of small talk as its reason; None for any other."""
    found = smalltalk(question, language, lambda word: index.lexical.known({word}) > 0)
    if found is None:
        return None
    spoken = found.language or _readers(question, history)
    text = phrase(
        spoken, found.kind, documents=len(index.documents), passages=len(index.passages), titles=_titles(index, spoken)
    )
    if found.kind == "about" and not index.passages:
        text = phrase(spoken, "no_documents")
    return Answer(question, text, (), (), (), True, found.kind, spoken, {"search": 0.0, "answer": 0.0, "total": 0.0})


def refusal(answer: Answer, index: Index) -> Answer:
    """The answer that says that there is none, and what was searched, and for what if that is not the question."""
    if not answer.question.strip():
        name = "empty"
    elif not answer.hits and not index.passages:
        name = "no_documents"
    else:
        name = "absent"
    text = phrase(answer.language, name, documents=len(index.documents), passages=len(index.passages))
    if answer.resolved and name == "absent":
        between = "" if text.endswith(("。", "）")) else " "
        text += between + phrase(answer.language, "searched_as", resolved=answer.resolved)
    return replace(answer, text=text, reason=_REASONS[name], sentences=(), citations=(), abstained=True)


def _readers(question: str, history: Sequence[str]) -> str:
    """Nobody's language can be told from keyboard mash; what was asked before tells it."""
    if has_han(question):
        return language_of(question)
    return next((language_of(turn) for turn in reversed(history) if smalltalk(turn) is None and turn.strip()), "en")


def _titles(index: Index, language: str) -> str:
    titles = [" ".join(document.title.split()) or document.id for document in index.documents.values()]
    short = [title if len(title) <= _LONGEST_TITLE else title[: _LONGEST_TITLE - 1] + "…" for title in titles]
    comma = "、" if language.split("-")[0] in ("zh", "ja") else ", "
    return comma.join(short[:_TITLES]) + (comma + "…" if len(short) > _TITLES else "")
