"""A fragment and the question before it → that question with its parallel part replaced (硕士 → 博士).

None where no part can be told to be parallel; what the earlier question was about is then carried over whole.
"""

import re

from rag.answering.leaning import has_pronoun
from rag.index.terms import has_han, words

_ASKS = re.compile(
    r"[几谁哪吗何幾誰嗎]|多少|什么|什麼|怎|为啥|いくつ|いくら|どこ|どの|どう|いつ|なに|か$|몇|얼마|무엇|어디|언제|누구|어떤|까$"
    r"|\b(?:who|whom|whose|what|which|when|where|why|how|is|are|was|were|do|does|did|can|will|has|have"
    r"|combien|quel(?:le)?s?|qui|quoi|quand|où|comment|pourquoi|que|est|sont|a|ont"
    r"|wer|wem|wen|was|welche[rsmn]?|wann|wo|warum|wie|ist|sind|war|waren|wird|hat|haben"
    r"|cuánt[oa]s?|cuál(?:es)?|quién(?:es)?|qué|cuándo|dónde|cómo|es|son|hay|fue"
    r"|кто|что|какой|какая|какое|какие|какова?|когда|где|почему|сколько|как)\b",
    re.IGNORECASE,
)
_FRAME = re.compile(
    r"^(?:(?:那么|那|还有|還有|另外|至于|至於|では|それでは|じゃあ?|그럼|그러면|그리고)[，,、\s]*"
    r"|(?:(?:and|but|or|then|what about|how about)\b|qu'en est-il (?:de la|des|du|de|d')"
    r"|(?:et|mais)\b(?: pour| de| d')?"
    r"|was ist mit|wie (?:steht|sieht) es mit|(?:und|aber|oder)\b|qué (?:hay|tal) (?:de|con)?|(?:y|pero)\b"
    r"|(?:а|и|но)\b|(?:что|как) насч[её]т)\s*)+"
    r"|(?:呢|咧|怎么样|怎麼樣|はどう(?:ですか)?|は|も|(?:은|는|도)?요|은|는)$",
    re.IGNORECASE,
)
_END = "?？!！。.；;～~…؟ "
_LONGEST, _FEWEST = 24, 3
"""Characters of a fragment; words of a question that it can have a parallel in."""
_YEAR = re.compile(r"(?:(?:19|20)\d\d|去|今|明|前|当)\s*[年년]|(?<!\d)(?:19|20)\d\d(?!\d)")
_PREPOSITION = re.compile(
    r"^(?:in|for|at|on|by|from|of|to|de|en|à|au|aux|pour|im|für|bei|aus|por|para|в|на|для|по|с)\s+", re.I
)
_ONLY_YEAR = re.compile(
    r"(?:\s|的|に|에|\b(?:in|the|year|by|for|en|l'année|im|jahre?|el|año|в|году?|на)\b|l')*", re.IGNORECASE
)
_QUOTED = re.compile(r"[“「『\"][^”」』\"]+[”」』\"]")
_DETERMINED = re.compile(
    r"\b(?:the|an?|le|la|les|l'|une?|der|die|das|dem|den|el|los|las)(?:\s|(?<='))(?:(?!(?:of|in|at|on|for|from|by|de|du"
    r"|en|à|von|im|für|bei|para|is|was|are|were)\b)\S+\s?){1,3}(?<!\s)",
    re.IGNORECASE,
)
_NAME = re.compile(r"(?<=\s)[A-ZÀ-ÞА-ЯЁ0-9][\w'.-]*(?:\s[A-ZÀ-ÞА-ЯЁ0-9][\w'.-]*)*")
_NAMES_NOTHING = re.compile(
    r"的$|前者|后者|後者|其他|其它|其余|其餘|别的|別的|更多|详细|具体|继续|\b(?:others?|rest|\w+est|more|else|last|first|former|latter"
    r"|same|opposite|autres?|reste|anderen?|rest|otros|otras|други[ех]|остальны[ех])\b",
    re.IGNORECASE,
)
# What is counted: it stands after "how many", up to the verb.
_COUNTED = re.compile(
    r"\b(?:how (?:many|much)\s+|combien (?:de |d'|des )|wie viele?\s+|cuánt[oa]s?\s+|сколько\s+)"
    r"(?P<noun>\S+(?:\s\S+){0,4}?)"
    r"(?=\s+(?:is|are|was|were|do|does|did|has|have|had|can|will|would|work|live|ont|a|sont|est|y|étaient|furent"
    r"|sind|ist|waren|wurden|wird|werden|gibt|gab|hat|haben|se|hay|son|fueron|tiene|tienen|han|ha)\b)",
    re.IGNORECASE,
)
_OF = re.compile(r"\s+(?:of|en|in|de|du|des|d'|für|para|for|von|с|по)\s*", re.IGNORECASE)
_CLASSIFIER = "个個所家名人位项項座条條件份种種次款只块本支批门門届"
_HOW_MANY = re.compile(rf"(?P<ask>多少|几|幾)(?P<unit>[{_CLASSIFIER}])?(?P<noun>[^，。？?了]{{2,}})$")
_HAN_SUBJECT = re.compile(
    r"(?P<head>[^，,的]{2,}?)(?=(?:一共|总共|總共|共)?(?:有|是|为|為|达|占|要)[^，,]*?(?:多少|几|幾))"
)
_TOPIC = re.compile(r"(?P<head>[^の、,\s]{1,12})(?=[はが](?:何|いくつ|いくら|どの|どこ|いつ|誰))")
_KOREAN_TOPIC = re.compile(
    r"(?P<head>(?<=의 )[^?]{2,16}?|\S{2,10}?)(?=[은는이가] (?:\S+ ){0,2}?(?:몇|얼마|어디|언제|누구|무엇))"
)


def replaced(question: str, earlier: str) -> str | None:
    """The earlier question about what this fragment names instead."""
    part = fragment(question)
    base = earlier.strip().rstrip(_END)
    if part is None or len(words(base)) < _FEWEST:
        return None
    mark = earlier.strip()[len(base) :] or ("？" if has_han(base) else "?")
    new = _with_year(part, base) if _YEAR.search(part) else _with_noun(part, base)
    return None if new is None else new + mark


def fragment(question: str) -> str | None:
    """What a question without a verb or a question word names: 那博士呢？ → 博士; And in 2025? → in 2025."""
    asked = question.strip().rstrip(_END).lstrip("¿¡ ").replace("’", "'")
    shorter = _FRAME.sub("", asked)
    part = _FRAME.sub("", shorter).strip(" ，,、") or shorter
    # Words that no 那 or "and" goes before are a fragment only where they cannot be anything else.
    if part == asked and not (_YEAR.search(part) or _PREPOSITION.match(part) or _QUOTED.fullmatch(part)):
        return None
    if not 2 <= len(part) <= _LONGEST or _ASKS.search(part) or _NAMES_NOTHING.search(part) or has_pronoun(part):
        return None
    return part


def _with_year(part: str, base: str) -> str | None:
    years = list(_YEAR.finditer(base))
    year = _YEAR.search(part)
    if len(years) == 1 and year:
        if _ONLY_YEAR.fullmatch(part.replace(year[0], " ", 1)):
            named = year[0]
            if years[0][0].endswith(("年", "년")) and named.isdigit():
                named += years[0][0][-1]
            return base[: years[0].start()] + named + base[years[0].end() :]
        return None
    if years:
        return None
    return f"{part}{base}" if has_han(base) else f"{base} {part}"


def _with_noun(part: str, base: str) -> str | None:
    quoted = _QUOTED.findall(base)
    if _QUOTED.fullmatch(part) and len(quoted) == 1:
        return base.replace(quoted[0], part)
    if _script(part) != _script(base) and (_script(part), _script(base)) != ("han", "kana"):
        return None
    if _script(base) == "kana":
        return _same_run(part, base) or _put(part, _TOPIC, base)
    if _script(base) == "hangul":
        return _put(part, _KOREAN_TOPIC, base)
    if _script(base) == "han":
        return _same_kind(part.lstrip("在从對对向"), base) or _counted_in_han(part, base)
    return _with_word(part, base)


def _script(text: str) -> str:
    for name, letters in (("hangul", r"[\uac00-\ud7a3]"), ("kana", r"[\u3041-\u30fa]"), ("han", r"[\u3400-\u9fff]")):
        if re.search(letters, text):
            return "han" if name == "kana" and not re.search(r"[\u3041-\u309f]", text) else name
    return "letters"


def _with_word(part: str, base: str) -> str | None:
    """In scripts with spaces."""
    preposition = _PREPOSITION.match(part)
    name = re.sub(r"^(?:the|an?|le|la|l'|el) ?(?=[A-Z0-9])", "", _PREPOSITION.sub("", part))
    if name[:1].isupper() or name[:1].isdigit():
        names = list(_NAME.finditer(base))
        return base[: names[0].start()] + name + base[names[0].end() :] if len(names) == 1 else None
    if preposition:
        places = list(re.finditer(rf"\b{re.escape(preposition[0].strip())}\s", base, re.IGNORECASE))
        return base[: places[-1].start()] + part if len(places) == 1 and places[0].start() > len(base) // 3 else None
    if _DETERMINED.match(part):
        things = list(_DETERMINED.finditer(base))
        return base[: things[0].start()] + part + base[things[0].end() :] if len(things) == 1 else None
    found = _COUNTED.search(base)
    if not found:
        return _same_ending(part, base)
    noun = found["noun"]
    of = _OF.search(noun)
    # "masters of engineering" and "engineering masters": the noun itself is what is parallel.
    head = (0, of.start()) if of else (noun.rfind(" ") + 1, len(noun))
    start = found.start("noun")
    return base[: start + head[0]] + part + base[start + head[1] :]


def _same_run(part: str, base: str) -> str | None:
    """Japanese: a run of Chinese characters that ends alike (工学修士 and 博士)."""
    runs = [run for run in re.finditer(r"[\u3400-\u9fff]+", base) if run[0].endswith(part[-1])]
    if len(runs) != 1 or not re.fullmatch(r"[\u3400-\u9fff]+", part):
        return None
    end = runs[0].end()
    return base[: max(runs[0].start(), end - len(part))] + part + base[end:]


def _same_kind(part: str, base: str) -> str | None:
    """Chinese and Japanese name the kind last: 硕士 and 博士, 高校 and 学校. Two places are of a kind, too."""
    import rjieba

    tokens = rjieba.tag(base, False)
    places = [(n, word) for n, (word, tag) in enumerate(tokens) if tag == "ns"]
    own = rjieba.tag(part, False)
    if len(own) == 1 and own[0][1] == "ns" and len(places) == 1:
        return "".join(part if n == places[0][0] else word for n, (word, _) in enumerate(tokens))
    starts = [0]
    for word, _ in tokens:
        starts.append(starts[-1] + len(word))
    for end in range(len(base), len(part) - 1, -1):
        start = end - len(part)
        same = start in starts and base[end - 1] == part[-1]
        if same and base[start:end] != part and not re.search(r"[有是为在的了多少几幾哪何]", base[start:end]):
            return base[:start] + part + base[end:]
    return None


def _counted_in_han(part: str, base: str) -> str | None:
    found = _HOW_MANY.search(base)
    if found and not _is_unit(found["noun"]):
        return f"{base[: found.start()]}{found['ask']}{part}" if found["ask"] == "多少" else None
    return _put(part, _HAN_SUBJECT, base)


def _is_unit(noun: str) -> bool:
    """公里, 万人: a unit is not what is counted."""
    return re.fullmatch(r"[万亿千百]?(?:人|家|公里|亿元|万元|元|米|年|天|小时|人次|户|吨)", noun) is not None


def _put(part: str, pattern: re.Pattern[str], base: str) -> str | None:
    found = pattern.search(base)
    if not found:
        return None
    start, end = found.span("head")
    # Of 東京の人口 either may be what another name stands beside; a longer owner keeps its place.
    owner = re.search(r"(\S+)(?:の|의 )$", base[:start])
    if owner and len(owner[1]) <= len(part):
        return None
    if has_han(base) and pattern is _HAN_SUBJECT:
        import rjieba

        # Of 中关村示范区2022年的总收入 only the last word is what another stands beside.
        last = rjieba.cut(found["head"], False)[-1]
        start = end - len(last) if len(last) > 1 else start
    return base[:start] + part + _particle(part, base[end:])


def _particle(part: str, rest: str) -> str:
    """Korean particles go by whether the syllable before them ends in a consonant."""
    closed = "\uac00" <= part[-1] <= "\ud7a3" and (ord(part[-1]) - 0xAC00) % 28 > 0
    for after_consonant, after_vowel in ("은는", "이가"):
        if rest[:1] in (after_consonant, after_vowel) and "\uac00" <= part[-1] <= "\ud7a3":
            return (after_consonant if closed else after_vowel) + rest[1:]
    return rest


def _same_ending(part: str, base: str) -> str | None:
    """Words in the same case and number end alike: магистров, докторов."""
    alike = [match for match in re.finditer(r"(?<!^)\b\w{4,}", base) if match[0][-2:] == part[-2:]]
    if " " in part or len(alike) != 1:
        return None
    return base[: alike[0].start()] + part + base[alike[0].end() :]
