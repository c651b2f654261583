"""What a loader hands on: the text as it was extracted, and the structure that the format itself states."""

from dataclasses import dataclass

from rag.records import Heading


@dataclass(frozen=True, slots=True)
class Extract:
    """Extracted text of one file.

    source       the path as a string
    kind         "text", "markdown", "html", "pdf" or "docx"
    title        what the file's own metadata or markup calls it, None where it says nothing
    headings     headings that the markup states, offsets into `text`; () for kinds without markup (text, pdf)
    page_starts  offset of each page's first character, () where the format has no pages
    notes        one line for each thing a reader should know (a page without text, the encoding that was recognised)
    """

    source: str
    kind: str
    text: str
    title: str | None = None
    headings: tuple[Heading, ...] = ()
    page_starts: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
