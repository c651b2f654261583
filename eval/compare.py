"""What changed between two runs beyond noise: the outcomes of the same questions, paired.

Two runs share their questions, so the differences question by question vary far less than the two means do.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from metrics import Estimate, estimate, ranking_values

from rag.errors import RagError

Values = dict[str, float]
"""Metrics of one question, 0…1."""

_ERRORS = {"refused", "answered"}
"""Metrics that are worse when they rise."""
_KEPT = ("id", "answerable", "rank", "evidence", "abstained", "values", "answering")
_HEAD = ("set", "questions_from", "split", "k")
LEAST_CHANGED = 6
"""Questions that must have changed before anything is called beyond noise: an exact sign test gives p = 0.0625 for five
that all change one way, while the bootstrap's interval leaves zero out from four on."""


@dataclass(frozen=True, slots=True)
class Change:
    """`difference` is new minus old with its interval, over the questions that both runs have `metric` for.

    changed  how many of them differ
    """

    metric: str
    old: float
    new: float
    difference: Estimate
    changed: int

    @property
    def beyond_noise(self) -> bool:
        """Whether the 95 % interval leaves zero out, and enough questions changed to say so."""
        return self.changed >= LEAST_CHANGED and (self.difference.low > 0 or self.difference.high < 0)

    @property
    def loss(self) -> bool:
        """Whether it changed beyond noise, and for the worse."""
        return self.beyond_noise and (self.difference.mean > 0) == (self.metric in _ERRORS)


def values_by_question(result: Mapping[str, Any]) -> dict[str, Values]:
    """Metrics of each question of a result, by its id. Raises KeyError, TypeError, AttributeError for other forms."""
    rows = {str(row["id"]): row for row in result["questions"]}
    found: dict[str, Values] = {name: dict(row.get("values", {})) for name, row in rows.items()}
    ranked = {name: tuple(row["evidence"]) for name, row in rows.items() if "values" not in row and _answerable(row)}
    for metric, column in ranking_values(list(ranked.values())).items():
        for name, value in zip(ranked, column, strict=True):
            found[name][metric] = value
    for name, row in rows.items():
        found[name] |= row.get("answering", {})
        if "abstained" in row:
            found[name]["refused" if _answerable(row) else "answered"] = float(row["abstained"] == _answerable(row))
    return found


def _answerable(row: Mapping[str, Any]) -> bool:
    return bool(row.get("answerable", True))


def changes(old: Mapping[str, Values], new: Mapping[str, Values]) -> list[Change]:
    """Each metric that both runs have, over the questions they share, in the new run's order."""
    shared = [(old[name], values) for name, values in new.items() if name in old]
    metrics = dict.fromkeys(metric for _, values in shared for metric in values)
    found = []
    for metric in metrics:
        pairs = [(before[metric], after[metric]) for before, after in shared if metric in before and metric in after]
        if pairs:
            count = len(pairs)
            difference = estimate([after - before for before, after in pairs])
            old_mean, new_mean = sum(b for b, _ in pairs) / count, sum(a for _, a in pairs) / count
            found.append(Change(metric, old_mean, new_mean, difference, sum(b != a for b, a in pairs)))
    return found


def read_baseline(path: Path) -> tuple[dict[str, Any], dict[str, Values]]:
    """What a file that --json or --baseline wrote is about, and its values. Raises RagError for any other."""
    try:
        result = json.loads(path.read_text("utf-8"))
        return {key: result[key] for key in _HEAD if key in result}, values_by_question(result)
    except OSError as error:
        raise RagError(f"the baseline {path} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RagError(f"{path} is no baseline; run.py writes one with --baseline: {error!r}") from error


def as_baseline(result: Mapping[str, Any]) -> str:
    """What a comparison needs of a result and nothing else, a question a line, so that a diff shows what changed."""
    rows = ({key: row[key] for key in _KEPT if key in row} for row in result["questions"])
    head = {key: result[key] for key in _HEAD if key in result}
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    return f'{json.dumps(head, ensure_ascii=False)[:-1]}, "questions": [\n{lines}\n]}}\n'


def changes_table(found: Sequence[Change], old: int, new: int, shared: int) -> str:
    """A row for each metric, in percent, and how many questions could be compared."""
    lines = [f"against the baseline: {shared} shared questions ({old} there, {new} here)"]
    lines.append(f"{'metric':<10}{'old':>7}{'new':>7}  {'difference [95 %]':<22}  changed")
    for c in found:
        d = c.difference
        verdict = "" if not c.beyond_noise else "  WORSE" if c.loss else "  better"
        shown = f"{100 * d.mean:+.1f} [{100 * d.low:+.1f} … {100 * d.high:+.1f}]"
        lines.append(f"{c.metric:<10}{100 * c.old:>7.1f}{100 * c.new:>7.1f}  {shown:<22}{c.changed:>9}{verdict}")
    if not any(c.beyond_noise for c in found):
        lines.append("nothing changed beyond noise")
    return "\n".join(lines)


def compare(baseline: Path, result: Mapping[str, Any]) -> bool:
    """Print what changed since the baseline; whether something was lost. Raises RagError where nothing is shared."""
    (head, old), new = read_baseline(baseline), values_by_question(result)
    # Translations of a set have the same ids.
    differ = [key for key in ("set", "questions_from") if key in head and head[key] != result.get(key)]
    if differ:
        key = differ[0]
        raise RagError(f"{baseline} is of another run: {key} is {head[key]!r} there, {result.get(key)!r} here")
    found = changes(old, new)
    if not found:
        raise RagError(f"{baseline} shares no question with this run, so there is nothing to compare")
    print("\n" + changes_table(found, len(old), len(new), len(old.keys() & new.keys())))
    return any(change.loss for change in found)
