"""What changed between two runs beyond noise: the outcomes of the same questions, paired.

Two runs share their questions, so the differences question by question vary far less than the two means do.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from measure import ranking_values
from metrics import Estimate, estimate

from rag.errors import RagError

Values = dict[str, float]
"""Metrics of one question, 0…1."""

_ERRORS = {"refused", "answered"}
"""Metrics that are worse when they rise."""
_KEPT = ("id", "answerable", "rank", "abstained", "values")


@dataclass(frozen=True, slots=True)
class Change:
    """`difference` is new minus old with its interval, over the questions that both runs have `metric` for."""

    metric: str
    old: float
    new: float
    difference: Estimate

    @property
    def beyond_noise(self) -> bool:
        """Whether the 95 % interval leaves zero out."""
        return self.difference.low > 0 or self.difference.high < 0

    @property
    def loss(self) -> bool:
        """Whether the whole interval is on the side that is worse."""
        return self.difference.low > 0 if self.metric in _ERRORS else self.difference.high < 0


def values_by_question(result: Mapping[str, Any]) -> dict[str, Values]:
    """Metrics of each question of a result, by its id. Raises KeyError, TypeError, AttributeError for other forms."""
    return {str(row["id"]): _values(row) for row in result["questions"]}


def _values(row: Mapping[str, Any]) -> Values:
    if "values" in row:
        return {str(name): float(value) for name, value in row["values"].items()}
    answerable = row.get("answerable", True)
    values = {name: value for name, (value,) in ranking_values([row["rank"]]).items()} if answerable else {}
    if "abstained" in row:
        values["refused" if answerable else "answered"] = float(row["abstained"] == answerable)
    return values


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
            found.append(Change(metric, sum(b for b, _ in pairs) / count, sum(a for _, a in pairs) / count, difference))
    return found


def read_baseline(path: Path) -> dict[str, Values]:
    """The values of a file that --json or --baseline wrote. Raises RagError for any other."""
    try:
        return values_by_question(json.loads(path.read_text("utf-8")))
    except OSError as error:
        raise RagError(f"the baseline {path} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RagError(f"{path} is no baseline; run.py writes one with --baseline: {error!r}") from error


def as_baseline(result: Mapping[str, Any]) -> str:
    """What a comparison needs of a result and nothing else, a question a line, so that a diff shows what changed."""
    rows = ({key: row[key] for key in _KEPT if key in row} for row in result["questions"])
    head = {key: result[key] for key in ("set", "split", "k") if key in result}
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    return f'{json.dumps(head, ensure_ascii=False)[:-1]}, "questions": [\n{lines}\n]}}\n'


def changes_table(found: Sequence[Change], old: int, new: int, shared: int) -> str:
    """A row for each metric, in percent, and how many questions could be compared."""
    lines = [f"against the baseline: {shared} shared questions ({old} there, {new} here)"]
    lines.append(f"{'metric':<10}{'old':>7}{'new':>7}  difference [95 %]")
    for c in found:
        d = c.difference
        verdict = "" if not c.beyond_noise else "  WORSE" if c.loss else "  better"
        shown = f"{100 * d.mean:+.1f} [{100 * d.low:+.1f} … {100 * d.high:+.1f}]"
        lines.append(f"{c.metric:<10}{100 * c.old:>7.1f}{100 * c.new:>7.1f}  {shown:<22}{verdict}".rstrip())
    if not any(c.beyond_noise for c in found):
        lines.append("nothing changed beyond noise")
    return "\n".join(lines)


def compare(baseline: Path, result: Mapping[str, Any]) -> bool:
    """Print what changed since the baseline; whether something was lost. Raises RagError where nothing is shared."""
    old, new = read_baseline(baseline), values_by_question(result)
    found = changes(old, new)
    if not found:
        raise RagError(f"{baseline} shares no question with this run, so there is nothing to compare")
    print("\n" + changes_table(found, len(old), len(new), len(old.keys() & new.keys())))
    return any(change.loss for change in found)
