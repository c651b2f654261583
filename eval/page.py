# ruff: noqa: E501 (the lines of the template are HTML)
"""Outcomes as one HTML page that needs nothing else: plots are inline SVG, every foreign text is escaped."""

from collections.abc import Sequence

import numpy as np
from jinja2 import Environment
from measure import Outcome, latency, summary
from metrics import Estimate
from report import by, percent

BINS = 10
_WORST = 30


def reliability(outcomes: Sequence[Outcome]) -> tuple[list[tuple[float, float, int]], float]:
    """(mean probability, share right, count) of each bin of first hits, and the expected calibration error.

    Bins are of equal width. A first hit is right where the evidence is complete with it; for unanswerable questions
    never. Method: Naeini, Cooper and Hauskrecht, Obtaining Well Calibrated Probabilities Using Bayesian Binning (AAAI
    2015).
    """
    shown = [o for o in outcomes if o.hits and len(o.question.groups) < 2]
    if not shown:
        return [], float("nan")
    chances = np.array([o.hits[0].score for o in shown])
    right = np.array([float(o.rank == 1) for o in shown])
    bins = np.clip((chances * BINS).astype(int), 0, BINS - 1)
    points = [
        (float(chances[bins == b].mean()), float(right[bins == b].mean()), int((bins == b).sum()))
        for b in sorted(set(bins.tolist()))
    ]
    return points, sum(abs(chance - share) * count for chance, share, count in points) / len(shown)


def page(title: str, outcomes: Sequence[Outcome]) -> str:
    """The whole page."""
    points, error = reliability(outcomes)
    milliseconds = np.array([1000 * o.ask_seconds for o in outcomes])
    counts, edges = np.histogram(milliseconds, bins=20)
    slices = {field: {name: summary(g) for name, g in by(outcomes, field).items()} for field in ("kind", "language")}
    late = [o for o in outcomes if o.question.answerable and o.rank != 1]
    late.sort(key=lambda o: -(o.rank or len(o.hits) + 1))
    return _TEMPLATE.render(
        title=title,
        count=len(outcomes),
        whole=summary(outcomes),
        slices=slices,
        points=points,
        error=error,
        bars=list(zip(counts.tolist(), edges.tolist(), strict=False)),
        most=int(counts.max()),
        edges=(float(edges[0]), float(edges[-1])),
        latency=latency([o.ask_seconds for o in outcomes]),
        late=late[:_WORST],
        late_count=len(late),
    )


def _shown(e: Estimate | None) -> str:
    return percent(e) if e else "–"


_ENVIRONMENT = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
_ENVIRONMENT.filters["shown"] = _shown
_TEMPLATE = _ENVIRONMENT.from_string("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{ title }}</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>
body { font: 15px/1.5 sans-serif; max-width: 68rem; margin: 2rem auto; padding: 0 1rem; color: #222; background: #fff }
table { border-collapse: collapse } td, th { padding: .1rem .6rem .1rem 0; text-align: left; white-space: nowrap; font-size: 12px }
svg { background: #f6f6f6 } rect, circle { fill: #2a6fb0 } .axis { stroke: #888 } .interval { stroke: #000 }
text { font-size: 12px } blockquote { margin: .2rem 0 .2rem 1rem; color: #444 }
</style></head><body>
<h1>{{ title }}</h1>
<p>{{ count }} questions; means in percent with 95 % bootstrap intervals.</p>
<h2>All questions</h2>
<svg role="img" aria-label="metrics with intervals" width="640" height="{{ 24 * whole|length + 8 }}">
{% for name, e in whole.items() %}
{% set y = 24 * loop.index0 + 6 %}
<text x="4" y="{{ y + 13 }}">{{ name }}</text>
<rect x="80" y="{{ y }}" width="{{ '%.1f'|format(400 * e.mean) }}" height="16"/>
<line class="interval" x1="{{ '%.1f'|format(80 + 400 * e.low) }}" x2="{{ '%.1f'|format(80 + 400 * e.high) }}" y1="{{ y + 8 }}" y2="{{ y + 8 }}"/>
<text x="490" y="{{ y + 13 }}">{{ e|shown }}</text>
{% endfor %}
</svg>
{% for field, rows in slices.items() %}
<h2>By {{ field }}</h2>
<table><tr><th>{{ field }}</th>{% for name in whole %}<th>{{ name }}</th>{% endfor %}</tr>
{% for slice, found in rows.items() %}
<tr><td>{{ slice }}</td>{% for name in whole %}<td>{{ found.get(name)|shown }}</td>{% endfor %}</tr>
{% endfor %}
</table>
{% endfor %}
<h2>Calibration</h2>
<p>Probability of the first hit (across) and how often it was right (up), one dot for each tenth; questions of several passages
left out. Expected calibration error: {{ '%.3f'|format(error) }}.</p>
<svg role="img" aria-label="reliability" width="320" height="320">
<line class="axis" x1="10" y1="310" x2="310" y2="10"/>
{% for chance, share, n in points %}
<circle cx="{{ '%.1f'|format(10 + 300 * chance) }}" cy="{{ '%.1f'|format(310 - 300 * share) }}" r="5"><title>{{ n }} questions: {{ '%.2f'|format(chance) }} expected, {{ '%.2f'|format(share) }} right</title></circle>
{% endfor %}
</svg>
<h2>Latency of an answer</h2>
<p>Median {{ '%.0f'|format(latency.median_ms) }} ms, 95 % under {{ '%.0f'|format(latency.p95_ms) }} ms; from {{ '%.0f'|format(edges[0]) }} to {{ '%.0f'|format(edges[1]) }} ms.</p>
<svg role="img" aria-label="latency histogram" width="400" height="120">
{% for n, edge in bars %}
<rect x="{{ 20 * loop.index0 }}" y="{{ '%.1f'|format(120 - 115 * n / most) }}" width="18" height="{{ '%.1f'|format(115 * n / most) }}"><title>{{ n }} from {{ '%.0f'|format(edge) }} ms</title></rect>
{% endfor %}
</svg>
<h2>Found late</h2>
<p>{{ late_count }} questions whose evidence was not complete with the first passage, the worst first{% if late_count > late|length %} ({{ late|length }} shown){% endif %}.</p>
{% for o in late %}
<details><summary>{{ o.question.id }}, {{ o.question.kind }}, {{ o.question.language }}, rank {{ o.rank or '–' }}: {{ o.question.question }}</summary>
<p>{{ o.question.answer }}</p>
{% for h in o.hits[:5] %}<blockquote>{{ '%.2f'|format(h.score) }} {{ h.passage.heading }} | {{ h.passage.text }}</blockquote>
{% endfor %}
</details>
{% endfor %}
</body></html>
""")
