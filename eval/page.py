"""Outcomes as one HTML page that needs nothing else: plots are inline SVG, every foreign text is escaped."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor
from pathlib import Path
from typing import Any

import numpy as np
from abstention import abstention
from answers import ANSWERING
from calibration import of_hits
from jinja2 import Environment, StrictUndefined
from measure import Outcome, legs_of, summary
from metrics import Estimate
from report import SHOWN, by, falsely_answered, late, percent, refused, sliced, times

_WORST = 25
_HITS = 5
_BARS = 24
_TEMPLATE = Path(__file__).with_name("page.html.jinja")


@dataclass(frozen=True, slots=True)
class Axis:
    """Percent from `low` to 100, as percent of a plot's width."""

    low: int = 0

    def at(self, share: float) -> str:
        """Where a share (0…1) stands."""
        return f"{max(0.0, (100 * share - self.low) / (100 - self.low) * 100):.2f}%"

    @property
    def ticks(self) -> list[int]:
        """Five values, first and last at the ends."""
        return [round(self.low + (100 - self.low) * n / 4) for n in range(5)]


def page(title: str, outcomes: Sequence[Outcome]) -> str:
    """The whole page."""
    legs = legs_of(outcomes)
    lows = [found[metric].low for found in legs.values() for metric in SHOWN]
    slices = {
        label: [(name, len(group), sliced(group), legs_of(group)) for name, group in by(outcomes, label).items()]
        for label in ("kind", "language")
    }
    late_ones = late(outcomes)
    worst: list[tuple[str, str, list[Outcome]]] = [
        ("Found late", "evidence not complete with the first passage, the worst first", late_ones)
    ]
    if any(o.answer for o in outcomes):
        worst += [
            (
                "Answered, should not be",
                "the documents do not answer them, the surest first",
                falsely_answered(outcomes),
            ),
            ("Refused, should not be", "the documents answer them", refused(outcomes)),
        ]
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined)
    environment.filters["shown"] = lambda e: percent(e) if isinstance(e, Estimate) else "–"
    return environment.from_string(_TEMPLATE.read_text("utf-8")).render(
        title=title,
        count=len(outcomes),
        answerable=sum(o.answerable for o in outcomes),
        metrics=SHOWN,
        legs=legs,
        axis=Axis(20 * floor(5 * min(0.99, min(lows, default=0.0)))),
        whole_axis=Axis(),
        whole=summary(outcomes),
        answering=("refused", "answered", *ANSWERING),
        abstention=abstention(outcomes),
        slices={label: rows for label, rows in slices.items() if rows},
        calibrations={"first hits": of_hits(outcomes, True), "all hits": of_hits(outcomes, False)},
        histograms=_histograms(outcomes),
        worst=[(name, note, group[:_WORST], len(group)) for name, note, group in worst],
        most_hits=_HITS,
    )


def _histograms(outcomes: Sequence[Outcome]) -> dict[str, dict[str, Any]]:
    """Of the searches and of the answers that were timed: bars up to the 99th percentile, in milliseconds."""
    seconds = {
        "search": [o.search_seconds for o in outcomes if o.search_seconds is not None],
        "ask": [o.ask_seconds for o in outcomes if o.ask_seconds is not None],
    }
    found = {}
    for name, summed in times(outcomes).items():
        milliseconds = 1000 * np.array(seconds[name])
        end = float(np.quantile(milliseconds, 0.99)) or 1.0
        counts, edges = np.histogram(milliseconds, bins=_BARS, range=(0, end))
        bars = list(zip(counts.tolist(), edges.tolist(), strict=False))
        found[name] = {**summed, "bars": bars, "most": max(1, int(counts.max())), "end": end}
    return found
