"""Clean text → sentences with their offsets, in any language.

sentencex (Wikimedia) knows terminal marks and abbreviations of some 300 languages; what it takes for one sentence is
cut further at paragraph and line ends, which it does not judge.
"""

import re
from collections import Counter

from rag.documents.lines import ends_sentence, split_lines, starts_item
from rag.records import Sentence

_SCRIPTS = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("ko", re.compile(r"[\uac00-\ud7af]")),
    ("zh", re.compile(r"[\u3400-\u9fff]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
    ("el", re.compile(r"[\u0370-\u03ff]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
    ("hy", re.compile(r"[\u0530-\u058f]")),
)
_SHORT_LINE = 40
"""Columns: a line this short was ended on purpose, a longer one may be wrapped."""


def split_sentences(text: str) -> list[Sentence]:
    """Sentences in order, white space around them left out; every other character is in exactly one of them."""
    if not text.strip():
        return []
    from sentencex import get_sentence_boundaries

    sentences: list[Sentence] = []
    for start, end in _paragraphs(text):
        part = text[start:end]
        at = start
        for found in get_sentence_boundaries(_language(part), part):
            at = text.index(found["text"], at)
            _add(sentences, text, at, at + len(found["text"]))
            at += len(found["text"])
        _add(sentences, text, at, end)
    return sentences


def _paragraphs(text: str) -> list[tuple[int, int]]:
    """Ranges between line ends that end something; a line end inside a wrapped sentence does not."""
    lines = split_lines(text)
    ranges: list[tuple[int, int]] = []
    for n, line in enumerate(lines):
        above = lines[n - 1] if n else None
        wrapped = (
            above is not None
            and not line.gap
            and above.width > _SHORT_LINE
            and not ends_sentence(above.text)
            and not starts_item(line)
        )
        ranges.append((ranges.pop()[0], line.end) if wrapped else (line.start, line.end))
    return ranges


def _language(text: str) -> str:
    counts: Counter[str] = Counter({name: len(pattern.findall(text)) for name, pattern in _SCRIPTS})
    name, most = counts.most_common(1)[0]
    # A Japanese text has kana beside far more kanji, and no other text has kana at all.
    if counts["ja"] > 0.1 * counts["zh"] and counts["ja"]:
        return "ja"
    return name if most > 0.2 * sum(c.isalpha() for c in text) else "en"


def _add(sentences: list[Sentence], text: str, start: int, end: int) -> None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start == end:
        return
    # Marks alone (a closing quotation mark, an ellipsis) belong to the sentence before them.
    if sentences and not any(c.isalnum() for c in text[start:end]) and "\n" not in text[sentences[-1].end : start]:
        sentences[-1] = Sentence(sentences[-1].start, end)
    else:
        sentences.append(Sentence(start, end))
