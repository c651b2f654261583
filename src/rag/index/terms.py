"""Text → lexical terms, as two streams that BM25 scores apart.

`words`: words of the dictionary (jieba, search mode: a compound and its parts) for Chinese, words at spaces and
punctuation for most scripts, trigrams where a script has neither (Thai, Lao, Khmer, Burmese, Tibetan).
`grams`: pieces that need no segmenter: characters and bigrams of CJK, four-letter pieces of alphabetic words, which
hold the stem when the ending differs (McNamee & Mayfield 2004, "Character n-gram tokenization for European language
text retrieval"). Numbers are whole in both.

Changing what either returns makes stored indexes wrong: raise `rag.index.manifest.FORMAT` with it.
"""

from collections.abc import Iterator

import regex

from rag.index.normal import normal

_SPACELESS = r"\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}"
_CJK = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Bopomofo}ー"
_LETTER = rf"[\p{{L}}\p{{M}}--[{_CJK}{_SPACELESS}\p{{Hangul}}]]"
_TOKEN = regex.compile(
    rf"(?P<word>[0-9]*{_LETTER}[{_LETTER}0-9]*)"  # 5g, gpt4 and naïve are words; 792.6 is a number
    rf"|(?P<number>[0-9]+(?:[.,][0-9]+)*%?)"
    rf"|(?P<cjk>[{_CJK}]+)"
    rf"|(?P<hangul>\p{{Hangul}}+)"
    rf"|(?P<spaceless>[{_SPACELESS}]+)",
    regex.V1,
)
_SYLLABARY_OR_HAN = regex.compile(r"[\p{Hiragana}ー]+|[\p{Katakana}ー]+|\p{Bopomofo}+|\p{Han}+", regex.V1)
_HAN = regex.compile(r"\p{Han}")
_THOUSANDS = regex.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_DECIMAL = regex.compile(r"[0-9]+[.,][0-9]+")


def words(text: str) -> list[str]:
    """Terms of the stream of words, in order, repeats kept."""
    terms: list[str] = []
    for kind, token in _tokens(text):
        if kind == "number":
            terms += _number(token)
        elif kind == "cjk":
            for part in _SYLLABARY_OR_HAN.findall(token):
                terms += _cut(part)
        elif kind == "spaceless":
            terms += _pieces(token, 3)
        else:
            terms.append(token)
    return terms


def grams(text: str) -> list[str]:
    """Terms of the stream of character pieces, in order within each length, repeats kept."""
    terms: list[str] = []
    for kind, token in _tokens(text):
        if kind == "number":
            terms += _number(token)
        elif kind == "word":
            terms += _pieces(f"_{token}_", 4)
        else:
            terms += _pieces(token, 2)
            if kind == "cjk" and len(token) > 1:
                terms += token
    return terms


def has_han(text: str) -> bool:
    """Whether a text holds Chinese characters."""
    return _HAN.search(text) is not None


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    for match in _TOKEN.finditer(normal(text)):
        yield match.lastgroup or "", match[0]


def _cut(run: str) -> list[str]:
    """Words of a run of one script. Without jieba's guesses at unknown names: a guess that differs between question and
    passage hides the name, while its single characters (and the bigrams) still meet."""
    if _HAN.match(run):
        import rjieba

        cut: list[str] = rjieba.cut_for_search(run, False)
        return cut
    return [run] if len(run) < 3 or not ("\u3040" <= run[0] <= "\u309f") else _pieces(run, 2)


def _number(token: str) -> list[str]:
    """1,000 → 1000; 792,6 → 792.6; 2023.12.05 → its parts; 56% → 56 and 56%."""
    percent, token = token.endswith("%"), token.rstrip("%")
    if _THOUSANDS.fullmatch(token):
        numbers = [token.replace(",", "")]
    elif _DECIMAL.fullmatch(token):
        numbers = [token.replace(",", ".")]
    else:
        numbers = token.replace(",", ".").split(".")
    return [*numbers, numbers[-1] + "%"] if percent else numbers


def _pieces(run: str, length: int) -> list[str]:
    if len(run) <= length:
        return [run]
    return [run[start : start + length] for start in range(len(run) - length + 1)]
