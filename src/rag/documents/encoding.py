"""Bytes of a text file -> its text and the name of its encoding, for those that Chinese and other files come in.

A byte order mark decides; else clean UTF-8 decides; else every candidate decodes a sample and the likeliest text wins.
The likelihood is the character-distribution method of Li & Momoi, "A composite approach to language/encoding detection"
(2001), in its simplest form: a character costs -log2 of how often its class (common hanzi, kana, Cyrillic, ...) occurs,
over the size of that class. Costs are bits for the whole sample, so encodings of different widths compare fairly.
"""

import codecs
import re
from collections import Counter
from functools import cache

from rag.documents.common_characters import COMMON_HANGUL, COMMON_HANZI
from rag.errors import BadDocument

_MARKS = (  # UTF-32 first: its little-endian mark begins with that of UTF-16
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# The order settles ties. cp950 is the Big5 of Windows; big5hkscs wins where there are Hong Kong characters.
_CANDIDATES = (
    *("utf-8", "gb18030", "cp950", "big5hkscs", "cp932", "euc_jp", "cp949", "iso2022_jp"),
    *("utf-16-le", "utf-16-be", "cp1252", "cp1251", "koi8_r"),
)
_SAMPLE = 1 << 16  # bytes; more does not change the verdict
_UNREADABLE = 30.0  # bits of a control character or a byte that does not decode
_LIKELY = 12.0  # bits a character; running text of any language costs 5 to 10
_MOST_UNREADABLE = 0.04  # a file with more than this share of such characters is not text; binary data has 10 %
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ufffd\ufffe\uffff]")  # form feed and the line breaks are text
_CONTROL_BYTES = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")
# What text shows when it is read in a wrong encoding: letters of two alphabets side by side, a capital after a small
# letter, accented letters side by side, one hanzi, kana or hangul inside a Latin word.
_UNLIKELY = re.compile(
    "[A-Za-z] ?[\u0400-\u045f]|[\u0400-\u045f] ?[A-Za-z]|[а-яё][А-ЯЁ]|[À-ÿ](?=[À-ÿ])"
    "|[A-Za-z][\u3041-\u9fff\uac00-\ud7a3][a-z]"
)
_UNLIKELY_PAIR = 6.0
_BREAKS = re.compile("\r\n|[\r\v\x85\u2028\u2029]")


def decode(data: bytes, declared: str | None = None) -> tuple[str, str]:
    """Text and Python's name of the encoding; every line break becomes LF, a stray control character a space.

    `declared` is what the file says of itself: believed if the bytes agree. Bytes that do not decode become U+FFFD.
    Raises BadDocument for data that is not text in any known encoding.
    """
    encoding, mark = recognise(data, declared)
    text = data[mark:].decode(encoding, "replace")
    unreadable = len(_CONTROL.findall(text))
    if unreadable > max(1, len(text) * _MOST_UNREADABLE) or (text and unreadable == len(text)):
        raise BadDocument("is binary, not text; give a .txt, .md, .html, .pdf or .docx file")
    text = re.sub(r"[\x00-\x08\x0e-\x1f\x7f]", " ", text) if unreadable else text
    return _BREAKS.sub("\n", text), encoding


def recognise(data: bytes, declared: str | None = None) -> tuple[str, int]:
    """Name of the encoding, and the length of the byte order mark to skip."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            return name, len(mark)
    if not _CONTROL_BYTES.search(data):
        for name in filter(None, ("utf-8", declared)):
            try:
                data.decode(name)
                return name, 0
            except (LookupError, UnicodeError):  # an unknown name is as good as none
                pass
    sample, final = data[:_SAMPLE], len(data) <= _SAMPLE
    texts = {name: _decode(sample, name, final) for name in _CANDIDATES}
    costs = {name: cost(text) for name, text in texts.items()}
    for name in ("utf-16-le", "utf-16-be"):  # nearly any bytes decode in these: only a likely text counts
        if costs[name] > _LIKELY * len(texts[name]):
            del costs[name]
    return min(costs, key=costs.__getitem__), 0


def _decode(sample: bytes, name: str, final: bool) -> str:
    decoder = codecs.getincrementaldecoder(name)("replace")
    return decoder.decode(sample, final)  # where not final, a character cut by the sample's end is no error


def cost(text: str) -> float:
    """Bits that the text costs under the character model; lower is likelier. 0 for an empty text."""
    bits = sum(count * _bits(char) for char, count in Counter(text).items())
    return bits + _UNLIKELY_PAIR * len(_UNLIKELY.findall(text))


@cache
def _bits(char: str) -> float:
    code = ord(char)
    if code < 0x80:
        return 5.0 if char.isprintable() or char in "\t\n\r\f" else _UNREADABLE
    if char in COMMON_HANZI:
        return 9.0
    if char in COMMON_HANGUL:
        return 8.0
    bits = next((bits for first, last, bits in _RANGES if first <= code <= last), 16.0)
    if bits == _HANZI:
        return 13.0 if char in _everyday_hanzi() else 18.0
    if bits in (_CYRILLIC, _LATIN):  # capitals are a tenth as frequent
        return bits if char.islower() else bits + 3.5
    return bits if char.isprintable() or char in "\u3000\xa0\ufeff\u200b\u2028" else _UNREADABLE


_HANZI, _CYRILLIC, _LATIN = -1.0, 5.0, 6.5  # small letters; the first stands for classes of its own
_RANGES = (  # first and last code point, bits
    (0x80, 0x9F, _UNREADABLE),
    (0xA0, 0xBF, 11.0),
    (0xC0, 0x24F, _LATIN),
    (0x370, 0x45F, _CYRILLIC),
    (0x2010, 0x2026, 8.0),
    (0x3000, 0x3003, 6.0),
    (0x3004, 0x301F, 7.0),
    (0x3041, 0x3093, 6.0),
    (0x30A1, 0x30FE, 7.5),
    (0x3400, 0x4DBF, 22.0),
    (0x4E00, 0x9FFF, _HANZI),
    (0xAC00, 0xD7A3, 13.0),
    (0xE000, 0xF8FF, _UNREADABLE),
    (0xFF01, 0xFF1F, 7.0),
    (0xFF20, 0xFF5E, 10.0),
    (0xFF61, 0xFF9F, 15.0),
    (0x20000, 0x3FFFF, 22.0),
)


@cache
def _everyday_hanzi() -> frozenset[str]:
    """The first levels of GB 2312 (3,755 characters), Big5 (5,401) and JIS X 0208 (2,965): those in everyday use."""
    return frozenset(
        "".join(
            bytes((lead, trail)).decode(name, "ignore")
            for name, leads in (("gb2312", (0xB0, 0xD8)), ("big5", (0xA4, 0xC7)), ("euc_jp", (0xB0, 0xD0)))
            for lead in range(*leads)
            for trail in range(0x40, 0xFF)
        )
    )
