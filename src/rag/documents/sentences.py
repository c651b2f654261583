"""Clean text → sentences with their offsets, in any language.

sentencex (Wikimedia) knows terminal marks and abbreviations of some 300 languages. It is given one paragraph or item at
a time, and shown some characters as others of the same length, where it would cut wrongly or not at all.
"""

import re
from collections import Counter

from rag.documents.lines import CLOSING, ends_sentence, split_lines, starts_item
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
_SPACELESS = ("zh", "ja")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_DIGIT_FIRST = re.compile(r"(?<=[。！？])\d")
_DOT_INSIDE = re.compile(r"(?<=[A-Za-z0-9])[.．](?=\S)")
_MARKER_ALONE = re.compile(r"[(（]?(?:\d{1,3}|[A-Za-z])[.)．）]")
_CLOSES = CLOSING - frozenset("\"'")
_PAUSE = frozenset("，、；：,;:")
_SHORT_LINE = 40
"""Columns: a line this short was ended on purpose, a longer one may be wrapped."""


def split_sentences(text: str) -> list[Sentence]:
    """Sentences in order, white space around them left out; every other character is in exactly one of them."""
    if not text.strip():
        return []
    from sentencex import get_sentence_boundaries

    sentences: list[Sentence] = []
    for start, end in _paragraphs(text):
        language = _language(text[start:end])
        part = _shown(text[start:end], language)
        at = 0
        for found in get_sentence_boundaries(language, part):
            at = part.index(found["text"], at)
            _add(sentences, text, start + at, start + at + len(found["text"]))
            at += len(found["text"])
        _add(sentences, text, start + at, end)
    return sentences


def _shown(part: str, language: str) -> str:
    """The part as sentencex sees it, character for character."""
    part = _SURROGATE.sub("\ufffd", part)  # which it cannot take
    if language in _SPACELESS:
        # It never ends a sentence before a digit (“……。2023年”), and always behind a Latin full stop (A.B公司).
        part = _DOT_INSIDE.sub("·", _DIGIT_FIRST.sub("一", part))
    return part


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
    same_line = bool(sentences) and "\n" not in text[sentences[-1].end : start]
    if same_line:
        # Closing marks belong to the sentence before, and so does everything behind a comma or a number (“1.”).
        last = sentences[-1]
        lead = start
        while lead < end and text[lead] in _CLOSES:
            lead += 1
        number = _MARKER_ALONE.fullmatch(text[last.start : last.end]) is not None
        if number or (lead < end and text[lead] in _PAUSE) or not any(c.isalnum() for c in text[lead:end]):
            lead = end
        if lead > start:
            sentences[-1] = Sentence(last.start, lead)
            _add(sentences, text, lead, end)
            return
    sentences.append(Sentence(start, end))
