"""Untrusted text → the same words, in which nothing can pass for the prompt's own marks.

What is taken off or changed: control, bidirectional and zero-width characters; angle brackets of tags, ours or those
that mark the turns of a chat; bracketed numbers, which look like citations; and the word that refuses. Only the prompt
gets this form; citations quote the document as it is.
"""

import regex

REFUSAL = "NOT_IN_PASSAGES"
"""What the prompt has the model write where the passages do not answer."""

_LINE_END = regex.compile(r"\r\n?|[\u2028\u2029\x0b\x0c\x85]")
_CONTROL = regex.compile(r"[\p{Cc}--[\n\t]]", regex.V1)
# The two joiners are letters' business in Persian and the scripts of India.
_INVISIBLE = regex.compile(r"[\p{Cf}--[\u200c\u200d]]", regex.V1)
_SURROGATE = regex.compile(r"\p{Cs}")
# Not the sign of a comparison: p<0.05, a < b.
_OPENS = regex.compile(r"[<＜](?=[^\s\d=.,\-])")
_CLOSES = regex.compile(r"(?<=[^\s\d=\-])[>＞]")
_MARK = regex.compile(r"[\[［【〔]\s*(\^?\d[\d\s,，、;；\-–]*|/?[A-Z_]{3,})\s*[\]］】〕]")
_REFUSAL = regex.compile(regex.escape(REFUSAL).replace("_", r"[\s_]*_[\s_]*"), regex.IGNORECASE)
_EMPTY_LINES = regex.compile(r"\n\s*\n")


def neutral(text: str) -> str:
    """The text as the prompt may hold it; empty lines are left out, the others stay lines."""
    text = _INVISIBLE.sub("", _LINE_END.sub("\n", text))
    text = _SURROGATE.sub("\ufffd", _CONTROL.sub(" ", text))
    text = _CLOSES.sub("›", _OPENS.sub("‹", text))
    text = _REFUSAL.sub("not in passages", _MARK.sub(r"(\1)", text))
    return str(_EMPTY_LINES.sub("\n", text)).strip()
