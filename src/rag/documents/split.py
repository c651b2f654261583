"""Document → passages of bounded size, made of whole sentences, under their headings.

Sizes are counted by the embedding model's own tokenizer with prefix and headings included, so that no passage is ever
cut off by the model; a limit in characters keeps passages short enough to read. Paragraphs stay together where they
fit; a longer one is divided into parts of about equal size at sentence ends.
"""

import hashlib
import math
from collections.abc import Callable, Sequence
from itertools import pairwise

from langchain_text_splitters import RecursiveCharacterTextSplitter, TextSplitter

from rag.documents.lines import width
from rag.documents.sections import SEPARATOR, Section, sections
from rag.documents.sentences import split_sentences
from rag.records import Document, Passage, Sentence, embedding_text

CountTokens = Callable[[Sequence[str]], list[int]]
"""Tokens each text takes as a passage, prefix and specials included (`Embedder.count_tokens`)."""
_WHOLE = 10_000
"""A full passage, in the unit that sizes are added up in."""
_FINER = [r"(?<=[；;])", r"(?<=[，,、：:])", r"(?<=\s)", r"(?<=[\u3040-\u9fff])", ""]


def split(document: Document, count_tokens: CountTokens, chunk_tokens: int, chunk_chars: int) -> list[Passage]:
    """Passages in order: none is empty, none overlaps another, together they hold every sentence of the document.

    chunk_tokens  most tokens of a passage as it is embedded (`records.embedding_text`)
    chunk_chars   most characters of a passage's text; those of scripts that are not wide (Latin) count half
    """
    passages: list[Passage] = []
    for section in sections(document):
        body = document.text[section.start : section.end]
        heading = _heading(section, count_tokens, chunk_tokens)
        splitter = _SentenceSplitter(heading, count_tokens, chunk_tokens, chunk_chars)
        for chunk in splitter.create_documents([body]):
            start = section.start + chunk.metadata["start_index"]
            passages.append(_passage(document, heading, start, start + len(chunk.page_content)))
    return passages


def _passage(document: Document, heading: str, start: int, end: int) -> Passage:
    text = document.text[start:end]
    identity = hashlib.sha256(f"{document.id} {start} {end}".encode()).hexdigest()[:16]
    sentences = tuple(Sentence(start + s.start, start + s.end) for s in split_sentences(text))
    return Passage(identity, document.id, text, start, end, heading, sentences)


def _heading(section: Section, count_tokens: CountTokens, chunk_tokens: int) -> str:
    """The headings, outermost left out first where they would take more than a third of a passage."""
    path = list(section.path)
    while path and count_tokens([SEPARATOR.join(path)])[0] > chunk_tokens // 3:
        path = path[1:] if len(path) > 1 else [path[0][: len(path[0]) // 2]]
        if path == [""]:
            return ""
    return SEPARATOR.join(path)


class _SentenceSplitter(TextSplitter):
    """langchain's merging of pieces into chunks, over paragraphs and sentences in place of separators."""

    def __init__(self, heading: str, count_tokens: CountTokens, chunk_tokens: int, chunk_chars: int) -> None:
        self._count = count_tokens
        self._heading, self._most = heading, chunk_tokens
        self._alone = count_tokens([""])[0]
        # Two tokens in hand: pieces counted apart may take one fewer than together.
        self._tokens = chunk_tokens - count_tokens([embedding_text(heading, "") or ""])[0] - 2
        self._chars = chunk_chars
        self._sizes: dict[str, int] = {}
        super().__init__(chunk_size=_WHOLE, chunk_overlap=0, length_function=self._size, add_start_index=True)

    def split_text(self, text: str) -> list[str]:
        """Chunks in order. Each stands in the text as it is."""
        chunks: list[str] = []
        waiting: list[str] = []  # whole paragraphs, with the white space behind them
        for paragraph in _pieces(text, _paragraph_ends(text)):
            sentences = _pieces(paragraph, [s.start for s in split_sentences(paragraph)][1:])
            self._measure([paragraph, *sentences])
            if self._size(paragraph) <= _WHOLE:
                waiting.append(paragraph)
                continue
            chunks += self._merge_splits(waiting, "")
            waiting = []
            short = [part for sentence in sentences for part in self._short(sentence)]
            chunks += self._even(short)
        chunks += self._merge_splits(waiting, "")
        # Counted apart, pieces may take fewer tokens than together: a letter that begins a text is no token of its own
        # beside the prefix. Only counting what is embedded can say that nothing is cut off.
        return [part for chunk in chunks for part in self._within(chunk)]

    def _within(self, chunk: str) -> list[str]:
        """The chunk, or its halves where it takes too many tokens after all."""
        if len(chunk) < 2 or self._count([embedding_text(self._heading, chunk)])[0] <= self._most:
            return [chunk] if chunk else []
        middle = len(chunk) // 2
        cut = min((s.start for s in split_sentences(chunk)[1:]), key=lambda start: abs(start - middle), default=middle)
        return self._within(chunk[:cut].strip()) + self._within(chunk[cut:].strip())

    def _even(self, pieces: Sequence[str]) -> list[str]:
        total, longest = sum(map(self._size, pieces)), max(map(self._size, pieces))
        share = math.ceil(total / math.ceil(total / _WHOLE)) + longest // 2
        self._chunk_size = min(_WHOLE, share)
        try:
            return self._merge_splits(pieces, "")
        finally:
            self._chunk_size = _WHOLE

    def _short(self, sentence: str) -> list[str]:
        """The sentence, or its parts where it alone is too long."""
        if self._size(sentence) <= _WHOLE:
            return [sentence]
        finer = RecursiveCharacterTextSplitter(
            separators=_FINER,
            is_separator_regex=True,
            keep_separator="end",
            chunk_size=_WHOLE,
            chunk_overlap=0,
            length_function=self._size,
            strip_whitespace=False,
        )
        return finer.split_text(sentence)

    def _measure(self, texts: Sequence[str]) -> None:
        new = [text for text in dict.fromkeys(texts) if text not in self._sizes]
        for text, count in zip(new, self._count(new) if new else [], strict=True):
            tokens = count - self._alone
            self._sizes[text] = math.ceil(max(_WHOLE * tokens / self._tokens, _WHOLE * width(text) / 2 / self._chars))

    def _size(self, text: str) -> int:
        if not text:
            return 0
        self._measure([text])
        return self._sizes[text]


def _paragraph_ends(text: str) -> list[int]:
    ends, at = [], 0
    while (at := text.find("\n", at)) >= 0:
        stop = at
        while stop < len(text) and text[stop].isspace():
            stop += 1
        if text.count("\n", at, stop) > 1 and stop < len(text):
            ends.append(stop)
        at = max(stop, at + 1)
    return ends


def _pieces(text: str, cuts: Sequence[int]) -> list[str]:
    edges = [0, *cuts, len(text)]
    return [text[a:b] for a, b in pairwise(edges) if a < b]
