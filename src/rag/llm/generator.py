"""What the answering part asks of a language model: messages in, pieces of text out as they come."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from rag.errors import RagError


class LlmFailed(RagError):
    """The language model did not answer, or not to the end."""


class LlmCut(LlmFailed):
    """The model's text is right as far as it goes, but a limit of length ended it."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a chat."""

    role: Literal["system", "user", "assistant"]
    content: str


class Generator(Protocol):
    """A language model. Safe from any thread.

    `context_tokens` is how much it reads and writes in one go, prompt and answer together.
    """

    @property
    def context_tokens(self) -> int: ...

    def stream(self, messages: Sequence[Message]) -> Iterator[str]:
        """Pieces of the reply, each as soon as it is there; reasoning that the endpoint marks as such left out.

        Closing the iterator ends the work at the other side too. Raises LlmFailed before or between pieces, and LlmCut
        after the last one where the reply was too long.
        """
        ...
