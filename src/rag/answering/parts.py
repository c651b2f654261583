"""A question that asks two things → each of them, to be answered by a sentence of its own."""

import re

MOST = 3
_HAN_ASKS = (
    r"[谁誰哪]|(?<![前后後好这這那十])[几幾](?!乎)|多少|多[大高长長久远遠重宽寬深]|什么|什麼|何[时時处處人地]|怎|如何|为啥|為啥|[吗嗎]"
    r"|いくつ|いくら|どこ|どの|どう|どんな|いつ|なに|何|誰|몇|얼마|무엇|어디|언제|누구|어떤|어느|왜"
)
_WORD_ASKS = (
    r"who|whom|whose|what|which|when|where|why|how"
    r"|combien|quel(?:le)?s?|lequel|qui|quand|où|comment|pourquoi|qu'est-ce"
    r"|wer|wem|wen|wessen|was|welche[rsmn]?|wann|wo|warum|wieso|wie"
    r"|cuánt[oa]s?|cuál(?:es)?|quién(?:es)?|qué|cuándo|dónde|cómo|quant[oaie]s?|qual[ei]?|quais|quem|quando|onde|chi|dove"
    r"|кто|что|как(?:ой|ая|ое|ие|ова?|им|ую)?|когда|где|почему|сколько"
    r"|ai|gì|nào|bao nhiêu|đâu|apa|siapa|berapa|kapan|mana"
)
_ASKS = re.compile(rf"{_HAN_ASKS}|\b(?:{_WORD_ASKS})\b", re.IGNORECASE)
_AND = r"and|et|und|y|e|и|а|và|dan"
# Where words are set apart, a comma alone begins a subordinate clause more often than a second question.
_CUT = re.compile(
    r"[，；？]\s*|(?<=[\u3040-\u30ff\u3400-\u9fff]),\s*|[;?؛؟](?!\d)\s*"
    rf"|,?\s(?:{_AND})\s+(?=(?:\w+\s)?(?:{_WORD_ASKS})\b)",
    re.IGNORECASE,
)
_FRAMED = re.compile(r"(?:想|要|请|請)?(?:知道|问|問|了解)|\b(?:tell|know|wonder|say|said|says)\b", re.IGNORECASE)
_HAN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_FEWEST, _SHORTEST = 3, 4
"""Words of a question, and characters where words are not set apart ("cómo y cuándo" are one)."""


def parts(question: str) -> tuple[str, ...]:
    """Two or three questions that stand in one ("…有多少家，又是哪年设立的？"), () where it is one.

    A clause that does not ask belongs to the one after it ("到2025年，…是多少"), or, as the last, to the one before.
    """
    found: list[str] = []
    waiting = ""
    ends = [*((cut.start(), cut.end()) for cut in _CUT.finditer(question)), (len(question), len(question))]
    start = 0
    for stop, following in ends:
        clause = question[start:stop].strip()
        between = question[stop:following]
        start = following
        if not clause:
            continue
        long = len(clause) >= _SHORTEST if _HAN.search(clause) else len(clause.split()) >= _FEWEST
        if long and _ASKS.search(clause) and not _FRAMED.search(clause):
            found.append(waiting + clause)
            waiting = ""
        else:
            waiting += clause + (between or " ")
    if waiting and found:
        found[-1] = f"{found[-1]}，{waiting.strip()}" if _HAN.search(question) else f"{found[-1]}, {waiting.strip()}"
    return tuple(found) if 2 <= len(found) <= MOST else ()
