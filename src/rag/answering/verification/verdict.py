"""What is wrong with a sentence, as plain data that an interface can phrase in any language."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["no citation", "figure", "date", "name", "polarity", "content"]


@dataclass(frozen=True, slots=True)
class Problem:
    """`detail` holds the words of the sentence that its sources do not bear out; "" where it is the whole sentence."""

    kind: Kind
    detail: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.detail}" if self.detail else self.kind


@dataclass(frozen=True, slots=True)
class Verdict:
    """A sentence without problems is supported, as far as rules can tell."""

    supported: bool
    problems: tuple[Problem, ...] = ()
