"""A question typed in pinyin, or partly so → the same with the corpus's own words for what it spells.

Who types without an input method writes beijiaosuo for 北交所. No embedding knows that, and no term matches; but the
corpus's vocabulary tells which words are spelt so. A question that may be of another language is left as it is.
"""

import math
import re
from functools import cached_property
from itertools import accumulate

from rag.index.lexical import LexicalIndex
from rag.index.terms import has_han
from rag.retrieval.probability import question_words

_FINALS = "iang|iong|uang|ang|eng|ing|ong|iao|ian|uai|uan|ai|ei|ao|ou|an|en|in|un|er|ia|ie|iu|ua|uo|ue|ui|a|o|e|i|u"
_SYLLABLE = rf"(?:(?:zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw])(?:{_FINALS})|[nl]ve?|ang|eng|ai|ei|ao|ou|an|en|er|a|o|e)"
_SPELT = re.compile(rf"{_SYLLABLE}+", re.IGNORECASE)
_LONGER = re.compile(rf"{_SYLLABLE}{{2,}}", re.IGNORECASE)
_LATIN = re.compile(r"[^\W\d_\u2e80-\uffff]+(?:['’][^\W\d_\u2e80-\uffff]+)*")
# A capital begins a foreign name.
_TOGETHER = re.compile(r"(?<![^\W\d_\u2e80-\uffff])[a-z'’]+(?: +[a-z'’]+)*(?![^\W\d_\u2e80-\uffff])")
_ONE, _RAW = 0.9, 6.0
"""What a word of one character, and a stretch that stays as it is, cost more than a longer word: so the fewest and
longest words are read, and of those that are spelt alike the most frequent one."""


class Pinyin:
    """Reads questions over one corpus: its Chinese words can be spelt, its others are known."""

    def __init__(self, lexical: LexicalIndex) -> None:
        self._lexical = lexical

    def read(self, question: str) -> str:
        """The question with Chinese words for pinyin; itself where it holds none, or may be of another language."""
        if not self._may_be(question) or not self._spelt:
            return question
        typed = question if has_han(question) else question[:1].lower() + question[1:]
        read = _TOGETHER.sub(lambda found: self._read(found[0]), typed)
        # By chance a few of another language's words are spelt like Chinese ones.
        left, before = len("".join(self._unknown(read))), len("".join(self._unknown(question)))
        return read if left <= before / 2 else question

    def _may_be(self, question: str) -> bool:
        """Whether each word in Latin letters is the corpus's own or can be pinyin, and some longer one is that."""
        spelt = [re.sub("['’]", "", word) for word in self._unknown(question)]
        return all(map(_SPELT.fullmatch, spelt)) and any(map(_LONGER.fullmatch, spelt))

    def _unknown(self, question: str) -> list[str]:
        return [word for word in _LATIN.findall(question) if not self._known(word.casefold())]

    def _read(self, run: str) -> str:
        """Words in Latin letters with nothing but blanks between them, as one stretch of syllables."""
        given = run.split()
        words = [re.sub("['’]", "", word).casefold() for word in given]
        text = "".join(words)
        ends = list(accumulate(map(len, words)))
        whole = dict(
            zip([0, *ends[:-1]], zip(ends, given, strict=True), strict=True)
        )  # place → where its word ends, and the word
        longest = max(map(len, self._spelt))
        # For each place the cheapest way of reading what is before it: cost, and the pieces.
        best: dict[int, tuple[float, tuple[str, ...]]] = {0: (0.0, ())}
        for at in range(len(text)):
            if at not in best:
                continue
            cost, pieces = best[at]
            ways = [
                (end, *self._spelt[text[at:end]])
                for end in range(at + 1, min(len(text), at + longest) + 1)
                if text[at:end] in self._spelt
            ]
            if at in whole:
                end, word = whole[at]
                ways.append((end, f" {word} ", 0.0 if self._known(text[at:end]) else _RAW))
            for end, piece, more in ways:
                if end not in best or cost + more < best[end][0]:
                    best[end] = (cost + more, (*pieces, piece))
        return re.sub(" {2,}", " ", "".join(best[len(text)][1])).strip()

    def _known(self, word: str) -> bool:
        return self._lexical.known([word]) > 0

    @cached_property
    def _spelt(self) -> dict[str, tuple[str, float]]:
        """Spelling without tones → the likeliest word spelt so, and what it costs; empty for a corpus without Chinese.

        Words that questions are made of can be spelt whether or not the corpus has them.
        """
        from pypinyin import lazy_pinyin

        words = {word: times for word, times in self._lexical.frequencies().items() if has_han(word)}
        if words:
            words = {**dict.fromkeys(filter(has_han, question_words()), 0), **words}
        found: dict[str, tuple[str, float]] = {}
        for word, times in words.items():
            cost = 1 + (_ONE if len(word) == 1 else 0.0) - 0.01 * math.log1p(times)
            spelling = "".join(lazy_pinyin(word)).casefold()
            if spelling.isascii() and spelling.isalpha() and (spelling not in found or cost < found[spelling][1]):
                found[spelling] = (word, cost)
        return found
