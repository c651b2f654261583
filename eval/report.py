"""Outcomes in; console tables and JSON out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from measure import Outcome, latency, summary
from metrics import Estimate

_COLUMNS = ("hit@1", "hit@3", "hit@5", "mrr", "refused", "answered")
_CELL = 21
_QUOTE = 80


def by(outcomes: Iterable[Outcome], field: str) -> dict[str, list[Outcome]]:
    """Outcomes by a field of their questions ("kind", "language", "topic"), largest group first."""
    groups: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault(getattr(outcome.question, field), []).append(outcome)
    return dict(sorted(groups.items(), key=lambda item: (-len(item[1]), item[0])))


def table(title: str, rows: Mapping[str, tuple[int, Mapping[str, Estimate]]], columns: Sequence[str] = _COLUMNS) -> str:
    """A row for each slice: its questions, then each metric in percent with its 95 % interval."""
    width = max(map(len, [title, *rows]))
    lines = [f"{title:<{width}} {'n':>5}" + "".join(f"{column:>{_CELL}}" for column in columns)]
    for name, (count, estimates) in rows.items():
        cells = (f"{percent(estimates[column]) if column in estimates else '–':>{_CELL}}" for column in columns)
        lines.append(f"{name:<{width}} {count:>5}" + "".join(cells))
    return "\n".join(lines)


def percent(e: Estimate) -> str:
    """Mean and interval in percent: `88.2 [84.1–92.0]`."""
    return f"{100 * e.mean:.1f} [{100 * e.low:.1f}–{100 * e.high:.1f}]"


def tables(outcomes: Sequence[Outcome]) -> str:
    """The whole set, what one passage can answer, then the slices by kind and by language, then latency."""
    one = [o for o in outcomes if len(o.question.groups) == 1]
    whole = {"all questions": outcomes, "of one passage": one}
    parts = [table("set", {name: (len(group), summary(group)) for name, group in whole.items()})]
    for field in ("kind", "language"):
        slices = by(outcomes, field)
        parts.append(table(field, {name: (len(group), summary(group)) for name, group in slices.items()}))
    times = (
        f"{name}: median {t['median_ms']:.0f} ms, 95 % under {t['p95_ms']:.0f} ms"
        for name, t in _times(outcomes).items()
    )
    parts.append("\n".join(times))
    return "\n\n".join(parts)


def worst(outcomes: Sequence[Outcome], count: int) -> str:
    """Up to `count` questions each whose evidence was found late, that were answered or refused and should not be."""
    late = [o for o in outcomes if o.question.answerable and o.rank != 1]
    late.sort(key=lambda o: -(o.rank or len(o.hits) + 1))
    false = [o for o in outcomes if not o.question.answerable and not o.answer.abstained]
    false.sort(key=lambda o: -o.hits[0].score if o.hits else 0)
    refused = [o for o in outcomes if o.question.answerable and o.answer.abstained]
    parts = []
    for title, group in (("found late", late), ("answered, should not be", false), ("refused, should not be", refused)):
        parts.append(f"{title}: {len(group)}" + "".join(f"\n{_lines(o)}" for o in group[:count]))
    return "\n\n".join(parts)


def _lines(o: Outcome) -> str:
    q = o.question
    asked = " → ".join([*q.history, q.question])
    about = f"answer: {q.answer}" if q.answerable else f"unanswerable: {q.why}"
    lines = [f"  {q.id} {q.kind} {q.language}, rank {o.rank or '–'}: {asked}", f"      {about}"]
    if o.hits:
        first = o.hits[0]
        lines.append(f"      first ({first.score:.2f}): {_short(first.passage.heading)} | {_short(first.passage.text)}")
    if not o.answer.abstained:
        lines.append(f"      said: {_short(o.answer.text)}")
    return "\n".join(lines)


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _QUOTE else text[: _QUOTE - 1] + "…"


def as_json(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Everything the tables show, and each question's outcome."""
    return {
        "all": _dicts(summary(outcomes)),
        "by": {
            field: {name: _dicts(summary(group)) for name, group in by(outcomes, field).items()}
            for field in ("kind", "language", "topic")
        },
        "latency": _times(outcomes),
        "questions": [
            {
                "id": o.question.id,
                "answerable": o.question.answerable,
                "rank": o.rank,
                "abstained": o.answer.abstained,
                "reason": o.answer.reason,
                "answer": o.answer.text,
                "hits": [
                    {"passage": h.passage.id, "heading": h.passage.heading, "text": h.passage.text, "score": h.score}
                    for h in o.hits
                ],
                "search_ms": 1000 * o.search_seconds,
                "ask_ms": 1000 * o.ask_seconds,
            }
            for o in outcomes
        ],
    }


def _dicts(estimates: Mapping[str, Estimate]) -> dict[str, Any]:
    return {name: asdict(e) for name, e in estimates.items()}


def _times(outcomes: Sequence[Outcome]) -> dict[str, dict[str, float]]:
    return {
        "search": latency([o.search_seconds for o in outcomes]),
        "ask": latency([o.ask_seconds for o in outcomes]),
    }
