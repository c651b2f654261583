"""Bytes of a Word file (.docx) -> its paragraphs, tables and headings in document order (python-docx).

Kept: body text, tables (a line a row, cells joined by " | "), text boxes, footnotes and endnotes (after the paragraph
that refers to them), inserted text. Left out: headers, footers, comments, deleted text. The XML is walked here because
python-docx's own iteration passes over content controls, inserted runs and text boxes.
"""

import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from rag.documents.blocks import Blocks
from rag.documents.docx_styles import TITLE, W, heading_styles, outline_level, value_of
from rag.documents.extract import Extract
from rag.errors import BadDocument

_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"  # the same text box once more
_DROPPED = {W + name for name in ("del", "moveFrom", "pPr", "rPr", "instrText", "delText", "sectPr")} | {_FALLBACK}
_SIGNS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_NOTES = {"footnoteReference": "footnote", "endnoteReference": "endnote"}
_MOST_UNPACKED = 1 << 30  # bytes; a zip bomb is far beyond, a book far below


def read_docx(data: bytes, source: str) -> Extract:
    """Text and headings. Raises BadDocument for a damaged file, or one that is no Word file."""
    document = _open(data)
    levels, lists = heading_styles(document.styles.element)
    notes = {kind: _notes(document, kind) for kind in _NOTES.values()}
    blocks = Blocks()
    for element in _blocks_of(document.element.body):
        if element.tag == W + "tbl":
            blocks.add("\n".join(_rows(element)))
            continue
        style = value_of(element, "pPr/pStyle")
        level = outline_level(element) or levels.get(style, 0)
        listed = not level and (style in lists or element.find(f"{W}pPr/{W}numPr") is not None)
        blocks.add(" ".join(_text(element).split()) if level else _text(element), level, "item" if listed else "")
        for reference in element.iter(*(W + name for name in _NOTES)):
            kind = _NOTES[reference.tag.removeprefix(W)]
            blocks.add(notes[kind].get(reference.get(W + "id"), ""))
        for box in _boxes(element):
            for inner in _blocks_of(box):
                blocks.add("\n".join(_rows(inner)) if inner.tag == W + "tbl" else _text(inner))
    titles = [heading for heading in blocks.headings if heading.level == TITLE]
    if titles:
        title = blocks.text[titles[0].start : titles[0].end]
        headings = blocks.headings
    else:  # the first level below is the top one
        title = " ".join((document.core_properties.title or "").split())
        headings = [replace(heading, level=heading.level - 1) for heading in blocks.headings]
        top = [heading for heading in headings if heading.level == 1]
        if not title and len(top) == 1:
            title = blocks.text[top[0].start : top[0].end]
    return Extract(source, "docx", blocks.text, title or None, tuple(headings))


def _open(data: bytes) -> Any:
    import docx

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, ValueError, OSError):
        raise BadDocument("is a damaged Word file; open it in Word and save it again, or get another copy") from None
    if unpacked > _MOST_UNPACKED:
        raise BadDocument(f"unpacks to {unpacked >> 20} MB, more than a document can hold; save its text as .txt")
    try:
        return docx.Document(io.BytesIO(data))
    except (
        Exception
    ) as error:  # whatever part of the file is broken, python-docx, lxml or zipfile says so in its own way
        reason = " ".join(str(error).split())[:120]
        raise BadDocument(f"is no readable Word file ({reason}); open it in Word and save it again as .docx") from None


def _blocks_of(parent: Any) -> Iterator[Any]:
    """Paragraphs and tables in order, also those inside content controls and tracked insertions."""
    stack = [iter(parent)]
    while stack:
        element = next(stack[-1], None)
        if element is None:
            stack.pop()
        elif element.tag in (W + "p", W + "tbl"):
            yield element
        elif element.tag not in _DROPPED:
            stack.append(iter(element))


def _text(paragraph: Any) -> str:
    """Characters of a paragraph as displayed; text boxes in it are left to `_boxes`."""
    parts: list[str] = []
    stack = [iter(paragraph)]
    while stack:
        element = next(stack[-1], None)
        if element is None:
            stack.pop()
            continue
        name = element.tag.removeprefix(W) if isinstance(element.tag, str) else ""
        if name == "t":
            parts.append(element.text or "")
        elif name in _SIGNS:
            parts.append(_SIGNS[name])
        elif element.tag not in _DROPPED and name != "txbxContent":
            stack.append(iter(element))
    return "".join(parts)


def _boxes(paragraph: Any) -> list[Any]:
    boxes = paragraph.iter(W + "txbxContent")
    return [box for box in boxes if next(box.iterancestors(_FALLBACK), None) is None]


def _rows(table: Any) -> Iterator[str]:
    """One line a row; a nested table's rows are folded into its cell."""
    for row in table.iter(W + "tr"):
        if next(row.iterancestors(W + "tbl")) is not table:
            continue
        cells = []
        for cell in row.iter(W + "tc"):
            if next(cell.iterancestors(W + "tr")) is row:
                cells.append(" ".join(" ".join(_text(p) for p in cell.iter(W + "p")).split()))
        if any(cells):
            yield " | ".join(cells)


def _notes(document: Any, kind: str) -> dict[str, str]:
    """Id -> text of the footnotes or endnotes; separators, which have a type, are left out."""
    from lxml import etree

    for relation in document.part.rels.values():
        if relation.reltype.endswith(f"/{kind}s") and not relation.is_external:
            parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True)  # a damaged note is no loss
            root = etree.fromstring(relation.target_part.blob, parser)
            if root is None:
                break
            found = (note for note in root.iter(W + kind) if note.get(W + "type") is None)
            return {note.get(W + "id"): " ".join(_text(p) for p in note.iter(W + "p")).strip() for note in found}
    return {}
