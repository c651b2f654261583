"""Question → Answer: search, decide whether the documents answer, choose the sentences, cite them."""

import time
from collections.abc import Collection, Sequence
from collections.abc import Generator as Stream
from dataclasses import replace

from rag.answering import readings
from rag.answering.asked import FIGURE
from rag.answering.decision import answerable
from rag.answering.emphasis import emphasised
from rag.answering.followup import Resolved, resolved
from rag.answering.generation.generate import generate
from rag.answering.generation.rewrite import rewrite
from rag.answering.language import language_of
from rag.answering.leaning import Lean
from rag.answering.parts import parts
from rag.answering.reader import reader_for
from rag.answering.replies import refusal, small_talk
from rag.answering.sentences import Chosen, among, candidates, choose, merged
from rag.answering.smalltalk import smalltalk
from rag.llm.generator import Generator
from rag.records import Answer, AnswerSentence, Citation
from rag.retrieval.searcher import Search, Searcher

LEAST_PROBABILITY, LEAST_UNREAD = 0.2, 0.1
"""Below this probability the documents are said not to answer; with a model that there is no reader for, below the
second (see eval/README.md for the errors)."""
RELATIVE = 0.35


class Answerer:
    """Answers over one searcher: the documents' sentences, or what a model writes of them. Safe from any thread."""

    def __init__(
        self,
        searcher: Searcher,
        least_probability: float | None = None,
        *,
        generator: Generator | None = None,
    ) -> None:
        self.searcher = searcher
        self._given = least_probability
        self._generator = generator

    def answer(
        self,
        question: str,
        k: int,
        history: Sequence[str] = (),
        documents: Collection[str] | None = None,
        *,
        llm: bool = True,
    ) -> Answer:
        """The answer, or one that abstains and says why.

        history  the questions asked before, oldest first
        llm      whether the generator, where there is one, may write it
        """
        *_, whole = self.stream(question, k, history, documents, llm=llm)
        return whole

    def stream(
        self,
        question: str,
        k: int,
        history: Sequence[str] = (),
        documents: Collection[str] | None = None,
        *,
        llm: bool = True,
    ) -> Stream[Answer]:
        """The answer growing by a sentence at a time; the last one is whole."""
        began = time.perf_counter()
        language = language_of(self.searcher.read(question))
        talk = small_talk(question, language, history, self.searcher.index)
        if talk:
            yield talk
            return
        history = [turn for turn in history if smalltalk(turn) is None]
        generator = self._generator if llm else None
        meant = resolved(question, history)
        rewritten = rewrite(generator, question, history) if generator else None
        if rewritten:
            meant = Resolved(rewritten, max(meant.lean, Lean.PERHAPS))
        search = readings.search(self.searcher, question, meant, k, documents)
        searched = time.perf_counter()
        timings = {"search": searched - began, "answer": 0.0, "total": searched - began}
        empty = Answer(question, "", (), (), search.hits, True, "", language, timings)
        if search.question != question:
            empty = replace(empty, resolved=search.question)
        chosen, sure = self._of_parts(search, k, documents) or self._of(search)
        if sure >= self._least:
            sure = min(sure, self._without_figures(search, k, documents))
        ended = time.perf_counter()
        timings = {"search": searched - began, "answer": ended - searched, "total": ended - began}
        empty = replace(empty, confidence=sure, timings=timings)
        if not chosen or sure < self._least:
            yield refusal(empty, self.searcher.index)
            return
        whole = replace(empty, abstained=False, reason="answered")
        if generator:
            refused = refusal(empty, self.searcher.index)
            quoted = _with(whole, chosen)
            for answer in generate(generator, search.question, quoted, refused, self.searcher.similarities):
                yield emphasised(answer, search.question)
            return
        for n in range(1, len(chosen) + 1):
            yield emphasised(_with(whole, chosen[:n]), search.question)

    @property
    def _least(self) -> float:
        if self._given is not None:
            return self._given
        return LEAST_UNREAD if reader_for(self.searcher.embedder) is None else LEAST_PROBABILITY

    def _of(self, search: Search) -> tuple[list[Chosen], float]:
        """Sentences that answer, and the probability that they do."""
        found = candidates(search, self.searcher, RELATIVE, reader_for(self.searcher.embedder))
        return choose(found), answerable(search, found)

    def _without_figures(self, search: Search, k: int, documents: Collection[str] | None) -> float:
        """The probability that the documents answer what is left of a question in another language than theirs.

        Across languages figures may be all that is shared: a year makes a passage on 2022 look like an answer to any
        question about 2022. 1 for other questions.
        """
        left = " ".join(FIGURE.sub(" ", search.question).split())
        if not search.hits or search.hits[0].why["home"] or left == search.question:
            return 1.0
        (bare,) = self.searcher.searches([left], k, documents)
        return self._of(bare)[1]

    def _of_parts(self, whole: Search, k: int, documents: Collection[str] | None) -> tuple[list[Chosen], float] | None:
        """Sentences that answer each of the questions in one, and the probability of the surest of them.

        None where it is one, or only one is answered. Each is searched for by itself, a later one as a follow-up of
        those before it, and may cite what was found for the whole.
        """
        found: list[list[Chosen]] = []
        surest = 0.0
        asked = parts(whole.question)
        for n, part in enumerate(asked):
            search = readings.search(self.searcher, part, resolved(part, asked[:n]), k, documents)
            within = among(search, whole)
            chosen, sure = self._of(within)
            if chosen and sure >= self._least:
                found.append(chosen)
                surest = max(surest, sure)
        return (merged(found, whole), surest) if len(found) > 1 else None


def _with(answer: Answer, chosen: Sequence[Chosen]) -> Answer:
    citations = tuple(
        Citation(n, c.passage, c.sentence.start, c.sentence.end, c.quote) for n, c in enumerate(chosen, 1)
    )
    sentences = tuple(
        AnswerSentence(citation.quote, (citation.number,), emphasis=c.spans)
        for citation, c in zip(citations, chosen, strict=True)
    )
    text = " ".join(f"{sentence.text}[{sentence.citations[0]}]" for sentence in sentences)
    return replace(answer, text=text, sentences=sentences, citations=citations)
