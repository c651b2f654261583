"""Questions and their answers in order. An answer keeps its citations, and their numbers, for good."""

import threading
from collections.abc import Generator as Stream
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self

from rag.index.contents import Index
from rag.records import Answer, Citation


class Asks(Protocol):
    """What a conversation asks: `rag.Rag`."""

    @property
    def index(self) -> Index:
        """The index it answers from."""

    def stream(self, question: str, *, history: Sequence[str] = (), **options: Any) -> Stream[Answer]:
        """The answer as it grows."""


@dataclass(frozen=True, slots=True)
class Source:
    """A document as it was called when it was cited."""

    title: str
    source: str


@dataclass(frozen=True, slots=True)
class Turn:
    """One question and its answer.

    sources     the documents of the answer's citations and hits, by id
    generation  of the index that answered; "" for one in memory
    within      titles of the documents that the search was limited to, () for all
    """

    question: str
    answer: Answer
    sources: Mapping[str, Source]
    generation: str
    within: tuple[str, ...] = ()

    def changed(self, index: Index) -> tuple[Citation, ...]:
        """Citations whose quote an index no longer holds at that place of that document."""

        def stands(citation: Citation) -> bool:
            document = index.documents.get(citation.passage.document)
            return document is not None and document.text[citation.start : citation.end] == citation.quote

        return tuple(citation for citation in self.answer.citations if not stands(citation))


class Conversation:
    """Asks `rag` with what was asked before. Safe from any thread: a question knows the turns that were done by then.

    conversation = Conversation(rag); conversation.ask("…"); conversation.save("talk.json")
    """

    def __init__(self, rag: Asks, turns: Sequence[Turn] = ()) -> None:
        self._rag = rag
        self._turns = tuple(turns)
        self._lock = threading.Lock()

    @property
    def turns(self) -> tuple[Turn, ...]:
        """What was asked and answered, oldest first."""
        return self._turns

    def ask(self, question: str, **options: Any) -> Answer:
        """The answer, which is then the last turn's. `options` as for `Rag.ask`."""
        *_, answer = self.stream(question, **options)
        return answer

    def stream(self, question: str, **options: Any) -> Stream[Answer]:
        """`ask`, growing. The turn is added with the whole answer; one that is not waited for is no turn."""
        answer = None
        # Another index may take the place of this one at any moment; what is quoted stands in one of the two.
        index = self._rag.index
        history = [turn.question for turn in self._turns]
        with closing(self._rag.stream(question, history=history, **options)) as answers:
            for answer in answers:
                yield answer
        if answer is not None:
            turn = Turn(
                question,
                answer,
                _sources(answer, index, self._rag.index),
                index.manifest.generation,
                _titles(options.get("documents") or (), index),
            )
            with self._lock:
                self._turns = (*self._turns, turn)

    def save(self, path: str | Path) -> None:
        """Write the turns to a file, in one step. Raises BadConversation where it cannot be written."""
        from rag.answering.conversation_file import write

        write(self._turns, Path(path))

    @classmethod
    def load(cls, path: str | Path, rag: Asks) -> Self:
        """Go on with a saved conversation: its answers are as they were given, whatever became of the documents.

        Raises BadConversation for a file that is no conversation, is damaged, or is of a later version.
        """
        from rag.answering.conversation_file import read

        return cls(rag, read(Path(path)))

    def markdown(self) -> str:
        """The turns with their sources as CommonMark; nothing in questions, answers and documents acts as markup."""
        from rag.answering.conversation_markdown import markdown

        return markdown(self._turns)

    def export(self, path: str | Path) -> None:
        """Write `markdown` to a file, in one step. Raises BadConversation where it cannot be written."""
        from rag.answering.conversation_file import write_text

        write_text(self.markdown(), Path(path))


def _sources(answer: Answer, *indexes: Index) -> dict[str, Source]:
    named = [citation.passage.document for citation in answer.citations] + [hit.passage.document for hit in answer.hits]
    known = {id_: document for index in reversed(indexes) for id_, document in index.documents.items()}
    documents = [known[id_] for id_ in dict.fromkeys(named)]
    return {document.id: Source(document.title, document.source) for document in documents}


def _titles(names: Sequence[str], index: Index) -> tuple[str, ...]:
    return tuple(document.title for id_, document in index.documents.items() if {id_, document.source} & set(names))
