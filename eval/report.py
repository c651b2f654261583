"""Outcomes in; console tables and JSON out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, TypeAlias

from abstention import Abstention, abstention
from answers import ANSWERING
from calibration import of_hits
from measure import SINGLE, Outcome, latency, legs_of, summary
from metrics import Estimate

SHOWN = ("hit@1", "hit@3", "hit@5", "mrr@10", "ndcg@10")
_SLICED = ("hit@1", "hit@5", "sentence@1", "refused", "answered")
_ANSWERS = (*ANSWERING, "refused", "answered")
_CELL = 20
_NARROW = 10
_QUOTE = 80


def by(outcomes: Iterable[Outcome], label: str) -> dict[str, list[Outcome]]:
    """Outcomes by a label of their questions ("kind", "language", "topic"), largest group first; {} without labels."""
    groups: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        if outcome.labels:
            groups.setdefault(outcome.labels[label], []).append(outcome)
    return dict(sorted(groups.items(), key=lambda item: (-len(item[1]), item[0])))


Rows: TypeAlias = Mapping[str, tuple[int, Mapping[str, Estimate]]]
"""By name: how many questions, and metrics."""


def table(title: str, rows: Rows, columns: Sequence[str], plain: Sequence[str] = ()) -> str:
    """A row for each name: its questions, then metrics in percent with 95 % intervals, then `plain` ones without."""
    width = max(map(len, [title, *rows]))
    head = "".join(f"{column:>{_CELL}}" for column in columns) + "".join(f"{column:>{_NARROW}}" for column in plain)
    lines = [f"{title:<{width}} {'n':>5}{head}"]
    for name, (count, found) in rows.items():
        cells = [f"{percent(found[column]) if column in found else '–':>{_CELL}}" for column in columns]
        cells += [f"{f'{100 * found[c].mean:.1f}' if c in found else '–':>{_NARROW}}" for c in plain]
        lines.append(f"{name:<{width}} {count:>5}" + "".join(cells))
    return "\n".join(lines)


def percent(e: Estimate) -> str:
    """Mean and interval in percent: `88.2 [84.1–92.0]`."""
    return f"{100 * e.mean:.1f} [{100 * e.low:.1f}–{100 * e.high:.1f}]"


def sliced(outcomes: Sequence[Outcome]) -> dict[str, Estimate]:
    """What a row about part of the questions shows: the summary, and hit@1 of the single legs by the leg's name."""
    legs = legs_of(outcomes)
    return summary(outcomes) | {leg: legs[leg]["hit@1"] for leg in SINGLE if leg in legs}


def _rows(groups: Mapping[str, Sequence[Outcome]]) -> Rows:
    return {name: (len(group), sliced(group)) for name, group in groups.items()}


def tables(outcomes: Sequence[Outcome]) -> str:
    """The legs, the answers, the slices by kind and by language where there are some, calibration and latency."""
    answerable = [o for o in outcomes if o.values]
    legs = {leg: (len(answerable), found) for leg, found in legs_of(outcomes).items()}
    parts = [table("leg", legs, SHOWN)] if legs else []
    whole = summary(outcomes)
    if any(name in whole for name in _ANSWERS):
        one = [o for o in outcomes if len(o.evidence) == 1]
        whole_and_part = {"all questions": outcomes} | ({"of one passage": one} if len(one) < len(answerable) else {})
        parts.append(table("set", _rows(whole_and_part), _SLICED, SINGLE))
        parts.append(table("answers", _rows({"all questions": outcomes}), _ANSWERS))
    if refusals := abstention(outcomes):
        parts.append(_abstention(refusals))
    for label in ("kind", "language"):
        if groups := by(outcomes, label):
            parts.append(table(label, _rows(groups), _SLICED, SINGLE))
    first, every = of_hits(outcomes, True), of_hits(outcomes, False)
    parts.append(
        f"expected calibration error: {first.error:.3f} ({first.count} first hits), "
        f"{every.error:.3f} (all {every.count} hits)"
    )
    parts.append(
        "\n".join(
            f"{name}: median {t['median_ms']:.0f} ms, 95 % under {t['p95_ms']:.0f} ms ({t['count']:.0f} one at a time)"
            for name, t in times(outcomes).items()
        )
    )
    return "\n\n".join(parts)


def _abstention(found: Abstention) -> str:
    lines = [f"{'answerable or not':<20}{'n':>6}{'AUROC':>20}"]
    lines += [f"{name:<20}{e.count:>6}{percent(e):>20}" for name, e in found.auroc.items()]
    lines.append(f"\n{'least probability':<20}{'refused':>10}{'answered':>10}{'coverage':>10}{'risk':>10}")
    for point in found.points:
        shares = (point.refused, point.answered, point.coverage, point.risk)
        lines.append(f"{point.threshold:<20.2f}" + "".join(f"{100 * share:>10.1f}" for share in shares))
    lines.append(f"area under the risk-coverage curve: {found.area:.3f}")
    return "\n".join(lines)


def late(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Answerable questions whose evidence is not complete with the first passage, the worst first."""
    found = [o for o in outcomes if o.answerable and o.rank != 1]
    return sorted(found, key=lambda o: -(o.rank or len(o.hits) + 1))


def falsely_answered(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Unanswerable questions that got an answer, the surest first."""
    found = [o for o in outcomes if not o.answerable and o.answer and not o.answer.abstained]
    return sorted(found, key=lambda o: -o.hits[0].score if o.hits else 0)


def refused(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Answerable questions that got no answer."""
    return [o for o in outcomes if o.answerable and o.answer and o.answer.abstained]


def worst(outcomes: Sequence[Outcome], count: int) -> str:
    """Up to `count` questions each whose evidence was found late, that were answered or refused and should not be."""
    groups = {"found late": late(outcomes)}
    if any(o.answer for o in outcomes):
        groups |= {"answered, should not be": falsely_answered(outcomes), "refused, should not be": refused(outcomes)}
    parts = []
    for title, group in groups.items():
        parts.append(f"{title}: {len(group)}" + "".join(f"\n{_lines(o)}" for o in group[:count]))
    return "\n\n".join(parts)


def _lines(o: Outcome) -> str:
    labels = "".join(f" {o.labels[name]}" for name in ("kind", "language")) if o.labels else ""
    lines = [f"  {o.id}{labels}, rank {o.rank or '–'}: {o.asked}"]
    lines.append(f"      {'answer' if o.answerable else 'unanswerable'}: {o.expected}")
    if o.hits:
        first = o.hits[0]
        lines.append(f"      first ({first.score:.2f}): {_short(first.passage.heading)} | {_short(first.passage.text)}")
    if o.answer and not o.answer.abstained:
        lines.append(f"      said: {_short(o.answer.text)}")
    return "\n".join(lines)


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _QUOTE else text[: _QUOTE - 1] + "…"


def as_json(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Everything the tables show, and each question's outcome."""
    labels = ("kind", "language", "topic") if any(o.labels for o in outcomes) else ()
    return {
        "legs": {leg: _dicts(found) for leg, found in legs_of(outcomes).items()},
        "all": _dicts(summary(outcomes)),
        "by": {label: {name: _dicts(sliced(group)) for name, group in by(outcomes, label).items()} for label in labels},
        "abstention": asdict(refusals) if (refusals := abstention(outcomes)) else None,
        "calibration": {name: _strict(asdict(of_hits(outcomes, name == "first"))) for name in ("first", "all")},
        "latency": times(outcomes),
        "questions": [_row(o) for o in outcomes],
    }


def _row(o: Outcome) -> dict[str, Any]:
    row: dict[str, Any] = {"id": o.id, "answerable": o.answerable, "rank": o.rank}
    # What the ranks of evidence do not tell, because documents have grades.
    row |= {"evidence": list(o.evidence)} if o.evidence or not o.answerable else {"values": o.values[o.leg]}
    row["legs"] = {leg: dict(values) for leg, values in o.values.items()}
    if o.answering:
        row["answering"] = dict(o.answering)
    if o.answer:
        row |= {"abstained": o.answer.abstained, "reason": o.answer.reason, "answer": o.answer.text}
    row["hits"] = [
        {"document": name, "passage": h.passage.id, "heading": h.passage.heading, "text": h.passage.text}
        | {"score": h.score, "right": right}
        for h, name, right in zip(o.hits, o.names, o.right, strict=True)
    ]
    seconds = {"search_ms": o.search_seconds, "ask_ms": o.ask_seconds}
    return row | {name: 1000 * value for name, value in seconds.items() if value is not None}


def _dicts(estimates: Mapping[str, Estimate]) -> dict[str, Any]:
    return {name: asdict(e) for name, e in estimates.items()}


def _strict(row: dict[str, Any]) -> dict[str, Any]:
    """JSON knows no NaN."""
    return {name: None if value != value else value for name, value in row.items()}


def times(outcomes: Sequence[Outcome]) -> dict[str, dict[str, float]]:
    """Latency of a search and of an answer, each with its `count`, where they were timed."""
    seconds = {
        "search": [o.search_seconds for o in outcomes if o.search_seconds is not None],
        "ask": [o.ask_seconds for o in outcomes if o.ask_seconds is not None],
    }
    return {name: {**latency(values), "count": len(values)} for name, values in seconds.items() if values}
