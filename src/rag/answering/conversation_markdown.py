"""Turns → CommonMark with numbered sources. Questions, answers and documents are text there, never markup."""

import re
from collections.abc import Sequence
from pathlib import PurePath

from rag.answering.conversation import Turn
from rag.answering.language import phrase
from rag.records import Hit, Passage

# What begins markup, HTML, an entity or, in dialects, an autolink, a formula, a mention or a strike-through.
_MARKUP = re.compile(r"[\\`*_{}\[\]<>&|~#!$^:@=]")
_BULLET, _NUMBERED = re.compile(r"^([-+])"), re.compile(r"^([0-9]+)([.)])")
_BARE_LINK = re.compile(r"(?<=www)\.", re.IGNORECASE)
# Of control characters nothing is shown, and those that turn the direction would turn what follows, too.
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028\u2029\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


def markdown(turns: Sequence[Turn]) -> str:
    """One section for each turn; its numbers are its own."""
    return "\n".join(line for turn in turns for line in _section(turn))


def escaped(text: str) -> str:
    """A text on one line that CommonMark shows as it is."""
    line = " ".join(_UNSEEN.sub(" ", text).split())
    line = _MARKUP.sub(lambda found: "\\" + found[0], line)
    line = _BARE_LINK.sub(r"\\.", line)
    return _NUMBERED.sub(r"\1\\\2", _BULLET.sub(r"\\\1", line))


def _section(turn: Turn) -> list[str]:
    answer = turn.answer
    lines = [f"## {escaped(turn.question) or '—'}", ""]
    if answer.resolved:
        lines += [f"*{escaped(phrase(answer.language, 'searched_as', resolved=answer.resolved))}*", ""]
    lines += [escaped(answer.text), ""]
    if answer.notice:
        lines += [f"*{escaped(answer.notice)}*", ""]
    if answer.citations:
        lines += [f"**{escaped(phrase(answer.language, 'sources'))}**", ""]
        for citation in answer.citations:
            lines += [f"- \\[{citation.number}\\] {_place(citation.passage, turn)}", f"  > {escaped(citation.quote)}"]
        lines.append("")
    elif answer.hits:
        lines += [f"**{escaped(phrase(answer.language, 'closest'))}**", ""]
        lines += [f"- {_place(hit.passage, turn)}\n  > {escaped(_nearest(hit))}" for hit in answer.hits]
        lines.append("")
    return lines


def _place(passage: Passage, turn: Turn) -> str:
    source = turn.sources[passage.document]
    # Whoever the export is handed to need not know the folders of this machine.
    file = PurePath(source.source.replace("\\", "/")).name
    return f"{escaped(passage.heading or source.title)} — {escaped(file)}"


def _nearest(hit: Hit) -> str:
    passage, sentence = hit.passage, hit.sentence
    return passage.text[sentence.start - passage.start : sentence.end - passage.start] if sentence else passage.text
