"""A Rag without a model: a passage is a line of a file, its score the share of the question's characters it holds.

What it answers is the first passage. The lexical leg ranks by shared words instead; a reranker turns the order around.
It abstains from questions that say "unknown" and where it holds nothing. A follow-up is searched for with the questions
before it.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import ClassVar, Self

from rag.records import Answer, AnswerSentence, Citation, Document, Hit, Passage


class FakeRag:
    builds: ClassVar[list[Path]] = []
    reranker: str | None = None

    def __init__(self, texts: dict[str, str]) -> None:
        self.documents = {source: Document(source, source, "", text) for source, text in texts.items()}
        self.passages = [
            Passage(f"{source}#{i}", source, line, 0, len(line), f"H{i}", ())
            for source, text in texts.items()
            for i, line in enumerate(filter(str.strip, text.splitlines()))
        ]

    @classmethod
    def build(cls, paths: Iterable[Path], folder: Path) -> Self:
        texts = {}
        for path in map(Path, paths):
            for file in sorted(path.iterdir()) if path.is_dir() else [path]:
                texts[str(file)] = file.read_text("utf-8")
        folder.mkdir(parents=True)
        (folder / "texts.json").write_text(json.dumps(texts), "utf-8")
        cls.builds.append(folder)
        return cls(texts)

    @classmethod
    def load(cls, folder: Path, *, reranker: str | None = None) -> Self:
        rag = cls(json.loads((Path(folder) / "texts.json").read_text("utf-8")))
        rag.reranker = reranker
        return rag

    def warm(self) -> None:
        self.ask("warm", llm=False)

    def search(self, question: str, k: int = 5, *, leg: str = "hybrid") -> list[Hit]:
        def letters(passage: Passage) -> float:
            return sum(char in passage.text for char in question) / len(question)

        def shared(passage: Passage) -> float:
            return len(set(question.split()) & set(passage.text.split()))

        passages = [p for p in self.passages if leg != "lexical" or shared(p)]
        ranked = sorted(passages, key=shared if leg == "lexical" else letters, reverse=True)
        if self.reranker:  # a stage that gets everything wrong
            ranked.reverse()
        return [Hit(p, letters(p)) for p in ranked[:k]]

    def search_many(self, questions: Sequence[str], k: int = 5, *, leg: str = "hybrid") -> list[list[Hit]]:
        return [self.search(question, k, leg=leg) for question in questions]

    def ask(self, question: str, k: int | None = None, history: Sequence[str] = (), *, llm: bool = True) -> Answer:
        assert not llm  # what is measured must not depend on a model that somebody has configured
        hits = tuple(self.search("".join([*history, question]), k or 5))
        abstained = not hits or "unknown" in question
        text = "" if abstained else hits[0].passage.text
        reason = "nothing fits" if abstained else ""
        cited = () if abstained else (Citation(1, hits[0].passage, 0, len(text), text),)
        said = tuple(AnswerSentence(citation.quote, (citation.number,)) for citation in cited)
        sure = hits[0].score if hits else 0.0
        return Answer(question, text, said, cited, hits, abstained, reason, "en", {"search": 0.001}, confidence=sure)
