"""How much a question leans on those before it, told by its words alone."""

import re
from enum import IntEnum

from rag.index.terms import has_han, words

_FEW, _MANY = 4, 7
"""Words up to which a question may lack what it is about, and from which on a pronoun may stand for one of its own."""
# 那博士呢 / and in 2025 / では博士は: the question says itself that it goes on from another.
_GOES_ON = re.compile(
    r"^(?:那|那么|其中|前者|后者|後者|还有|還有|另外|此外|除此之外|为什么呢|為什麼呢)|(?:呢|咧)$"
    r"|^(?:では|じゃあ?|それでは|ほかに|他に)|^(?:그럼|그러면|그리고|또)|^[^はがを]{1,16}(?:は|も)$|^[^?]{1,16}[은는](?:요)?$"
    r"|^(?:and|but|or|then|what about|how about|which of (?:them|those|these)|what else|anything else)\b"
    r"|^(?:et|mais|qu'en est-il|quid d|et pour|quoi d'autre)\b"
    r"|^(?:und|aber|oder|wie (?:steht|sieht) es|was ist mit|was noch)\b"
    r"|^(?:y|pero|qué hay|qué tal|qué más)\b|^(?:а|и|но|что насч[её]т|как насч[её]т|а ещё)\b"
    r"|^(?:why(?: not)?|pourquoi|warum|wieso|por qué|почему)$",
    re.IGNORECASE,
)
_HAN_PRONOUN = re.compile(
    r"它们?|她们?|他们?|牠们?|(?:它|她|他|牠)們|该|該|这(?![篇份本])|這(?![篇份本])|那(?:些|个|個|家|项|項|里|裡|儿)|其(?!中|他|它|实|余)|此"
    r"|それ|これ|その|この|あれ|彼ら|彼女|そこ"
)
_HANGUL_PRONOUN = re.compile(
    r"(?:^|\s)(?:그것|이것|그|이|그들|그녀|거기|그곳|그중)(?:[은는이가을를의도에]|에서|들)?(?=\s|$)"
)
_PRONOUN = re.compile(
    r"\b(?:it|its|they|them|their|theirs|those|these|this|that one|he|she|his|her|hers|him|the same"
    r"|(?<!are )(?<!is )(?<!was )(?<!were )there(?! (?:is|are|was|were))"
    r"|(?<!t-)(?:ils?|elles?)(?! y)|leurs?|celui-ci|celle-ci|ceux-ci|cela|ça|ses|sa"
    r"|(?P<german>sie|ihre?[nrms]?|ihnen|dessen|deren|dort|davon|darin|dazu|dieser?|dieses|diese[nm]|seine?[nrms]?)"
    r"|ellos?|ellas?|sus?|allí|ésta?|éste|estos|estas|eso|esa"
    r"|он[аио]?|н[её]го|н[её]й|н[её]м|них|ими?|е[ёе]|их|его|там|эт(?:о|от|а|и|их|ого|ой))\b",
    re.IGNORECASE,
)
_NAME_BEFORE = re.compile(r"\S\s+(?:\S+\s+)*?[A-ZÀ-ÞА-Я]\w+")

_ENGLISH_WITH_NAME = re.compile(r"^(?i:who|what|when|where|why|how|which|is|are|was|were|did|does|do)\b.*\s[A-Z]\w")


class Lean(IntEnum):
    """How much."""

    NO = 0
    PERHAPS = 1
    SURELY = 2


def lean(question: str) -> Lean:
    """SURELY for one that says so ("那博士呢？", "and in 2025?", a pronoun), PERHAPS for one of few words."""
    asked = question.strip().rstrip("?？!！。.；;～~…؟ ").lstrip("¿¡ ")
    if not asked:
        return Lean.NO
    said = len(set(words(asked)))
    marked = _GOES_ON.search(asked) is not None or has_pronoun(asked)
    if marked:
        return Lean.SURELY if said < _MANY + 1 * (not has_han(asked)) else Lean.PERHAPS
    few = said <= (_FEW if not lacks_subject(asked) else _MANY)
    return Lean.PERHAPS if few and not _ENGLISH_WITH_NAME.search(asked) else Lean.NO


def lacks_subject(question: str) -> bool:
    """Whether a Chinese question begins with its verb, or says 还."""
    import rjieba

    tags = rjieba.tag(question.strip(), False) if has_han(question) else []
    word, tag = tags[0] if tags else ("", "")
    return (tag == "v" and word not in ("有", "请", "能", "请问", "到")) or word in ("还", "還", "又", "与", "跟")


def has_pronoun(asked: str) -> bool:
    """Whether a pronoun stands for something outside the text."""
    for pattern in (_HAN_PRONOUN, _HANGUL_PRONOUN, _PRONOUN):
        found = pattern.search(asked)
        if found:
            before = asked[: found.start()]
            # What a pronoun stands for may be in the question itself: a name, an earlier clause, much of a sentence.
            # (German nouns all look like names.)
            named = not found.groupdict().get("german") and _NAME_BEFORE.search(before)
            if not (named or re.search(r"[，,；;、]", before) or len(set(words(before))) > _FEW + 1):
                return True
    return False
