"""A question and those before it → a question that stands by itself.

Without a language model the earlier question is put in front of one that leans on it: an elliptical "And in 2025?" or
"那博士呢？" is found by what the last turn was about. A question that stands by itself is left alone.
"""

import re
from collections.abc import Sequence

from rag.index.terms import words

_LEANS = re.compile(
    r"^(?:那|那么|它|他们|她们|它们|其中|这些|这个|那个|该|前者|后者|还有|另外|为什么呢)|(?:呢|咧)[？?]?$"
    r"|^(?:それ|これ|その|では|じゃあ|그럼|그것|그)|(?:^|\s)(?:их|его|её|они)\b"
    r"|^(?:and|what about|how about|then|which of (?:them|those|these)|why|why not)\b"
    r"|\b(?:it|its|they|them|their|those|these|that one|he|she|his|her)\b",
    re.IGNORECASE,
)
_FEW_WORDS = 4


def resolve(question: str, history: Sequence[str]) -> str:
    """The question to search for."""
    earlier = [turn for turn in history if turn.strip()]
    if not earlier or not question.strip():
        return question
    leans = _LEANS.search(question.strip()) is not None
    if not leans and len(set(words(question))) > _FEW_WORDS:
        return question
    # A chain of follow-ups leads back to the question that named the subject.
    subject = next((turn for turn in reversed(earlier) if not _LEANS.search(turn.strip())), earlier[-1])
    parts = [subject] if subject == earlier[-1] else [subject, earlier[-1]]
    return " ".join([*parts, question])
