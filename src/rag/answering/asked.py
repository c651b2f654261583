"""What kind of answer a question asks for, and where a sentence holds one of that kind that the question lacks."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from rag.index.normal import normal
from rag.index.terms import has_han

Spans = tuple[tuple[int, int], ...]
"""Starts and ends of characters, in order."""
_NUMBER = r"\d+(?:[.,，]\d+)*"
FIGURE = re.compile(rf"{_NUMBER}|[一二三四五六七八九十百千万亿两]{{2,}}")
ASKS_FIGURE = re.compile(
    r"多少|几[个家所名人项年月日次位]|幾|何[人個年]|いくつ|몇|얼마|how (?:many|much|large|big|long|old)|when|which year"
    r"|哪年|何时|百分|比例|combien|cuánt|quant|wie ?viele?|сколько|كم|kaç|berapa|bao nhiêu|เท่า|कितन",
    re.IGNORECASE,
)
_UNIT = re.compile(r"(?:多少|几|幾|何|몇)(?:个|個)?(?P<unit>[\u3400-\u9fff가-힣])")
_TIME = re.compile(
    r"哪[一]?[年天月日]|哪个?(?:世纪|年代)|何[时時年]|什么时[候间]|什麼時[候間]|いつ|何[年月日]|언제|몇 ?[년월일]"
    r"|\b(?:when|(?:which|what) (?:year|date|day|month|century|decade)|how long ago|quand|quelle année|wann"
    r"|in welchem jahr|cuándo|(?:qué|cuál) (?:año|fecha|día|mes|siglo)|quando|quale? anno|когда|каком году"
    r"|khi nào|năm nào|kapan|tahun berapa)\b",
    re.IGNORECASE,
)
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)"
)
_HAS_TIME = re.compile(
    r"(?:公元前?)?\d+\s*(?:年代|世纪|世紀|年)(?:初|末|底)?(?:\d+\s*月)?(?:\d+\s*日)?|\d+\s*月(?:\d+\s*日)?|\d+\s*日"
    rf"|\b(?:\d{{1,2}}(?:st|nd|rd|th)?\s+)?{_MONTH}\b\.?(?:\s+\d{{1,2}}(?:st|nd|rd|th)?\b)?(?:,?\s+\d{{4}}\b)?"
    r"|\b\d+(?:st|nd|rd|th)\s+century\b|\b\d+\s*(?:bce?|ad|ce)\b|\b(?:1\d{3}|20\d\d)s?\b",
    re.IGNORECASE,
)
_WHO = re.compile(
    r"[谁誰]|哪[一]?[位名]|什么人|だれ|누구|\b(?:who|whom|whose|qui|wer|wem|wen|quién(?:es)?|quem|chi|кто|кого|ai|siapa)\b",
    re.IGNORECASE,
)
_WHERE = re.compile(
    r"哪里|哪裡|哪儿|哪个?(?:国家?|城市|地[方区点]|省|州|县|岛|洲)|何[处處地]|什么地[方点]|どこ|어디"
    r"|\b(?:where|(?:which|what) (?:city|country|state|place|town|region|island)|où|wo|dónde|onde|dove|где"
    r"|ở đâu|di mana)\b",
    re.IGNORECASE,
)
_NAME = re.compile(r"(?<![.!?]\s)(?<!^)\b[A-ZÀ-ÞА-ЯЁ][\w'’-]+(?:\s[A-ZÀ-ÞА-ЯЁ][\w'’-]+)*")
KINDS = ("unit", "time", "who", "where")
"""unit   a figure with the measure word that is asked for (几家 → 9家)
time   a year or a date, where when is asked
who    a name, where a person is asked for; where: a name of a place or body, where a place is"""
_MEASURES = "个名家所人项种座位次篇件台届条艘支间门国"
_COUNTED = re.compile(
    rf"(?:多少|几)\s?[{_MEASURES}]?(?P<nouns>[\u4e00-\u9fff]{{2,8}}?(?:[和与及、][\u4e00-\u9fff]{{2,8}}?)*)(?=[？?，,。]|$)"
)
_AMOUNT = rf"{_NUMBER}\s?[余多]?[百千万亿]*[余多]?\s?[{_MEASURES}]?"
_Find = Callable[[str], Iterator[tuple[int, int]]]


@dataclass(frozen=True, slots=True)
class Asked:
    """How to find what a question asks for, by kind; {} where that cannot be told."""

    finders: dict[str, _Find]

    def found_in(self, sentence: str) -> tuple[bool, ...]:
        """For each of KINDS whether it is asked for and the sentence has one."""
        return tuple(kind in self.finders and any(True for _ in self.finders[kind](sentence)) for kind in KINDS)

    def counted(self, sentence: str) -> Spans:
        """The figures right beside what is to be counted: "博士有53人", "96所高校". In Chinese only."""
        return tuple(self.finders["counted"](sentence)) if "counted" in self.finders else ()

    def spans(self, sentence: str) -> Spans:
        """Where what is asked for stands: of the first of KINDS that the sentence has; () where it has none."""
        kinds = (tuple(self.finders[kind](sentence)) for kind in KINDS if kind in self.finders)
        return next(filter(None, kinds), ())

    def figure(self, sentence: str) -> Spans:
        """The only figure of a sentence, where one is asked for; of several none can be told to be it."""
        found = tuple(self.finders["figure"](sentence)) if "figure" in self.finders else ()
        return found if len(found) == 1 else ()


def asked_by(question: str) -> Asked:
    """What a question asks for; a question may ask for nothing that can be told."""
    finders: dict[str, _Find] = {}
    figures = set(FIGURE.findall(normal(question)))
    unit = _UNIT.search(question)
    if unit:
        counted = re.compile(rf"(?:{_NUMBER}|[一二三四五六七八九十百千两])[余多]?[百千万亿]*[余多]?{unit['unit']}")
        finders["unit"] = lambda sentence: _new(counted, sentence, question)
    several = _COUNTED.search(question)
    if several:
        nouns = re.split("[和与及、]", several["nouns"])
        finders["counted"] = lambda sentence: _counted(nouns, sentence)
    if _TIME.search(question):
        finders["time"] = lambda sentence: (
            (start, end)
            for start, end in _new(_HAS_TIME, sentence, question)
            if set(FIGURE.findall(normal(sentence[start:end]))) - figures
        )
    if _WHO.search(question):
        finders["who"] = lambda sentence: _names(sentence, question, ("nr", "nrt", "nrfg"))
    if _WHERE.search(question):
        finders["where"] = lambda sentence: _names(sentence, question, ("ns", "nt"))
    if ASKS_FIGURE.search(question) and not _TIME.search(question):
        finders["figure"] = lambda sentence: _figures(sentence, figures)
    return Asked(finders)


def _counted(nouns: Sequence[str], sentence: str) -> Iterator[tuple[int, int]]:
    for noun in nouns:
        before = re.search(rf"(?P<amount>{_AMOUNT})\s?{noun}", sentence)
        behind = re.search(rf"{noun}[有为达约共近超过至一总计数量]{{0,4}}\s?(?P<amount>{_AMOUNT})", sentence)
        found = before or behind
        if found:
            yield found.span("amount")


def _new(pattern: re.Pattern[str], sentence: str, question: str) -> Iterator[tuple[int, int]]:
    return (found.span() for found in pattern.finditer(sentence) if found[0].strip() not in question)


def _figures(sentence: str, known: set[str]) -> Iterator[tuple[int, int]]:
    for found in re.finditer(rf"{_NUMBER}(?:\s?%|[余多]?[百千万亿]*[余多]?)", sentence):
        if not set(FIGURE.findall(normal(found[0]))) <= known:
            yield found.span()


def _names(sentence: str, question: str, tags: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    """Names that the question lacks: by the dictionary's tags, or by their capitals."""
    if not has_han(sentence):
        yield from (found.span() for found in _NAME.finditer(sentence) if found[0] not in question)
        return
    import rjieba

    end, name, of_name = 0, [0, 0], False
    for word, tag in [*rjieba.tag(sentence, True), ("", "")]:
        start, end = end, end + len(word)
        # 马丁·路德 is one name, whatever its parts are.
        if start == name[1] and ("·" in word or sentence[start - 1 : start] == "·"):
            name[1], of_name = end, of_name or "nr" in tags
            continue
        found = sentence[name[0] : name[1]]
        if of_name and found not in question and any(c.isalnum() for c in found):
            yield name[0], name[1]
        name, of_name = [start, end], tag in tags
