"""Blocks of text one after another -> one text with a blank line between them, and the headings' places in it."""

from rag.records import Heading


class Blocks:
    """Collects the blocks of a document whose format states its structure (HTML, Word)."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._last = ""  # kind of the block before
        self.headings: list[Heading] = []

    def add(self, text: str, level: int = 0, kind: str = "") -> None:
        """One block; `level` > 0 makes it a heading. Blocks of kind "item" or "row" follow their like line by line."""
        text = text.rstrip().strip("\n")
        if not text:
            return
        if kind == "item":
            text = "- " + text
        gap = "" if not self._parts else "\n" if kind and kind == self._last else "\n\n"
        start = self._length + len(gap)
        if level:
            self.headings.append(Heading(start, start + len(text), level))
        self._parts += (gap, text)
        self._length = start + len(text)
        self._last = kind

    @property
    def text(self) -> str:
        return "".join(self._parts)
