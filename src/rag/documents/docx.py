"""Bytes of a Word file (.docx) -> its paragraphs, tables and headings in document order (python-docx).

Kept: body text, tables (a line a row, cells joined by " | "), text boxes, footnotes and endnotes (after the paragraph
that refers to them), inserted text. Left out: headers, footers, comments, deleted text. The XML is walked here because
python-docx's own iteration passes over content controls, inserted runs and text boxes.
"""

import io
import zipfile
from collections.abc import Iterator
from typing import Any

from rag.documents.blocks import Blocks
from rag.documents.extract import Extract
from rag.errors import BadDocument

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"  # the same text box once more
_DROPPED = {_W + name for name in ("del", "moveFrom", "pPr", "rPr", "instrText", "delText", "sectPr")} | {_FALLBACK}
_SIGNS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_NOTES = {"footnoteReference": "footnote", "endnoteReference": "endnote"}
_MOST_UNPACKED = 1 << 30  # bytes; a zip bomb is far beyond, a book far below


def read_docx(data: bytes, source: str) -> Extract:
    """Text and headings. Raises BadDocument for a damaged file, or one that is no Word file."""
    document = _open(data)
    headings = _heading_levels(document)
    notes = {kind: _notes(document, kind) for kind in _NOTES.values()}
    blocks = Blocks()
    title = " ".join((document.core_properties.title or "").split()) or None
    for element in _blocks_of(document.element.body):
        if element.tag == _W + "tbl":
            blocks.add("\n".join(_rows(element)))
            continue
        style = _style_id(element)
        level = _outline_level(element) or headings.get(style, 0)
        listed = not level and element.find(f"{_W}pPr/{_W}numPr") is not None
        blocks.add(" ".join(_text(element).split()) if level else _text(element), level, "item" if listed else "")
        for reference in element.iter(*(_W + name for name in _NOTES)):
            kind = _NOTES[reference.tag.removeprefix(_W)]
            blocks.add(notes[kind].get(reference.get(_W + "id"), ""))
        for box in _boxes(element):
            for inner in _blocks_of(box):
                blocks.add("\n".join(_rows(inner)) if inner.tag == _W + "tbl" else _text(inner))
    text = blocks.text
    top = [heading for heading in blocks.headings if heading.level == 1]
    if title is None and len(top) == 1:
        title = text[top[0].start : top[0].end]
    return Extract(source, "docx", text, title, tuple(blocks.headings))


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
        elif element.tag in (_W + "p", _W + "tbl"):
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
        name = element.tag.removeprefix(_W) if isinstance(element.tag, str) else ""
        if name == "t":
            parts.append(element.text or "")
        elif name in _SIGNS:
            parts.append(_SIGNS[name])
        elif element.tag not in _DROPPED and name != "txbxContent":
            stack.append(iter(element))
    return "".join(parts)


def _boxes(paragraph: Any) -> list[Any]:
    boxes = paragraph.iter(_W + "txbxContent")
    return [box for box in boxes if next(box.iterancestors(_FALLBACK), None) is None]


def _rows(table: Any) -> Iterator[str]:
    """One line a row; a nested table's rows are folded into its cell."""
    for row in table.iter(_W + "tr"):
        if next(row.iterancestors(_W + "tbl")) is not table:
            continue
        cells = []
        for cell in row.iter(_W + "tc"):
            if next(cell.iterancestors(_W + "tr")) is row:
                cells.append(" ".join(" ".join(_text(p) for p in cell.iter(_W + "p")).split()))
        if any(cells):
            yield " | ".join(cells)


def _style_id(paragraph: Any) -> str:
    style = paragraph.find(f"{_W}pPr/{_W}pStyle")
    return style.get(_W + "val", "") if style is not None else ""


def _outline_level(element: Any) -> int:
    """1…9 where the paragraph or style states its outline level, else 0 (Word counts from 0; 9 is body text)."""
    outline = element.find(f"{_W}pPr/{_W}outlineLvl")
    value = outline.get(_W + "val", "") if outline is not None else ""
    return int(value) + 1 if value.isdigit() and int(value) < 9 else 0


def _heading_levels(document: Any) -> dict[str, int]:
    """Style id -> heading level, by outline level or English built-in name (which Word stores in every language)."""
    styles = {style.get(_W + "styleId", ""): style for style in document.styles.element.iter(_W + "style")}
    levels: dict[str, int] = {}
    for style_id in styles:
        seen: set[str] = set()
        current = style_id
        while current in styles and current not in seen:  # a style inherits from the one it is based on
            seen.add(current)
            style = styles[current]
            name = style.find(_W + "name")
            words = (name.get(_W + "val", "") if name is not None else "").lower().split()
            level = _outline_level(style)
            if words == ["title"]:
                level = 1
            elif not level and len(words) == 2 and words[0] in ("heading", "标题", "標題") and words[1].isdigit():
                level = int(words[1])
            if level:
                levels[style_id] = level
                break
            based = style.find(_W + "basedOn")
            current = based.get(_W + "val", "") if based is not None else ""
    return levels


def _notes(document: Any, kind: str) -> dict[str, str]:
    """Id -> text of the footnotes or endnotes; separators, which have a type, are left out."""
    from lxml import etree

    for relation in document.part.rels.values():
        if relation.reltype.endswith(f"/{kind}s") and not relation.is_external:
            parser = etree.XMLParser(resolve_entities=False, no_network=True)
            root = etree.fromstring(relation.target_part.blob, parser)
            found = (note for note in root.iter(_W + kind) if note.get(_W + "type") is None)
            return {note.get(_W + "id"): " ".join(_text(p) for p in note.iter(_W + "p")).strip() for note in found}
    return {}
