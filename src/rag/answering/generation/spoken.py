"""What a model writes, piece by piece → its sentences, each as soon as it is whole, with the numbers it cites.

Numbers stand before the full stop or behind it ("…deep [1].", "…deep.[1]"), so a sentence is whole when the next one
has begun. They are taken out of the text: what is shown as cited is decided by the check, not by the model.
"""

from collections.abc import Iterable, Iterator

import regex

from rag.documents.sentences import split_sentences

_NUMBERS = r"\d{1,3}(?:\s*[,，、;；\-–~]\s*\d{1,3})*"
_MARK = regex.compile(rf"\s*[\[［【]\^?\s*(?:\p{{L}}+\s*)?({_NUMBERS})(?:†[^\]］】]{{0,20}})?\s*[\]］】]")
_PART_OF_MARK = regex.compile(r"\s*(?:[\[［【][^\]］】]{0,40})?$")
_RANGE = regex.compile(r"(\d+)(?:\s*[\-–~]\s*(\d+))?")
_WIDEST_RANGE = 20
_MARKUP = regex.compile(r"^\s*(?:[-*•>]|#{1,6})\s+|\*\*|__|`")
_ITEM = regex.compile(r"(\d{1,2})[.)、]\s+")
# Joiners are letters' business in some scripts; other format characters turn or hide text.
_UNSEEN = regex.compile(r"[\p{Cf}--[\u200c\u200d]]|[\p{Cc}--[\n]]|\p{Cs}", regex.V1)
_ENDS = frozenset('.。．!！?？…؟।”’」』"')
_SAYS = regex.compile(r"[\p{L}\p{N}]")


def spoken(pieces: Iterable[str]) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Sentences and the numbers each cites, in order, repeats left out; a sentence without letters is none."""
    item = 0
    for text, numbers in _whole(pieces):
        text = " ".join(_MARKUP.sub("", text).split())
        numbered = _ITEM.match(text)
        # Only what counts up is the number of an item: "12. Juni 1990" begins with a figure that has to be checked.
        if numbered and int(numbered[1]) == item + 1:
            item, text = item + 1, text[numbered.end() :]
        if _SAYS.search(text):
            yield text, numbers


def _whole(pieces: Iterable[str]) -> Iterator[tuple[str, tuple[int, ...]]]:
    held = ""
    for piece in pieces:
        held += _UNSEEN.sub("", piece.replace("\r", "\n"))
        # A sentence ends at its mark, and half a mark is none yet.
        cited = _cited(_PART_OF_MARK.sub("", held))
        if len(cited) > 1:
            yield from ((text, numbers) for text, numbers, _ in cited[:-1])
            held = held[cited[-1][2] :]
    yield from ((text, numbers) for text, numbers, _ in _cited(held))


def _cited(text: str) -> list[tuple[str, tuple[int, ...], int]]:
    """Sentences, the numbers cited by each, and where in the text each starts."""
    bare, at = "", 0
    origins: list[int] = []
    marks: list[tuple[int, list[int]]] = []
    for match in _MARK.finditer(text):
        bare += text[at : match.start()]
        origins += range(at, match.start())
        marks.append((len(bare), _numbers(match[1])))
        at = match.end()
        # "…3.5 m.[1] Yes." is two sentences, whatever "m. Yes" looks like.
        if bare[-1:] in _ENDS:
            bare += "\n\n"
            origins += (at, at)
    bare += text[at:]
    origins += range(at, len(text))
    sentences = split_sentences(bare)
    result = []
    for n, sentence in enumerate(sentences):
        end = sentences[n + 1].start if n + 1 < len(sentences) else len(bare)
        # Those before the first letter belong to the first sentence; between two, to the one before.
        begin = -1 if n == 0 else sentence.start
        cited = [number for place, numbers in marks if begin < place <= end for number in numbers]
        result.append((bare[sentence.start : sentence.end], tuple(dict.fromkeys(cited)), origins[sentence.start]))
    return result


def _numbers(text: str) -> list[int]:
    numbers: list[int] = []
    for first, last in _RANGE.findall(text):
        numbers += range(int(first), min(int(last or first), int(first) + _WIDEST_RANGE) + 1)
    return numbers
