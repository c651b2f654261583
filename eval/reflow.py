"""How much of a clean text's order and paragraphing does reflow bring back? Breaks texts in known ways and counts.

    python eval/reflow.py [FILE…] [--squad FILE.json] [--json OUT]

Each clean text is printed at a fixed width, set in two columns a page, its columns swapped, page furniture inserted;
then reflow puts it together again. Measured per way of breaking:

order      of the neighbouring words (CJK: characters) that were torn apart, the share that are neighbours again
paragraphs F1 of paragraph ends (a paragraph end counts if the same characters stand on both sides of it again)
moved      share of the texts in which any piece was moved: 0 is right where lines were only cut
lost       share of the text's characters that are gone;  furniture: share of inserted lines that are still there
"""

import argparse
import json
import random
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from rag.documents.extract import Extract
from rag.documents.lines import is_cjk, width
from rag.documents.reflow import reflow

PAGE_LINES = 36
HEADS = ("城市观察·2024年第3期", "Annual Review of Local Affairs")


def wrap(paragraph: str, columns: int) -> list[str]:
    """Lines of at most `columns` columns; words stay whole, closing marks do not start a line."""
    lines, line = [], ""
    for unit in _units(paragraph):
        if line and width(line) + width(unit.rstrip()) > columns:
            lines.append(line.rstrip())
            line = ""
        line += unit if line or not unit.isspace() else ""
    return [*lines, line.rstrip()] if line.strip() else lines


def _units(text: str) -> Iterator[str]:
    unit = ""
    for character in text:
        if is_cjk(character) and character not in "，。、；：！？）》”’":
            if unit:
                yield unit
            unit = character
        elif character.isspace():
            yield unit + character
            unit = ""
        elif character in "，。、；：！？）》”’" or not unit or not is_cjk(unit[-1]):
            unit += character
        else:
            yield unit
            unit = character
    if unit:
        yield unit


def cut(paragraphs: Sequence[str], columns: int, indent: bool, blank: bool) -> list[str]:
    """Printed lines; paragraphs are told by an indent, by a blank line, or (neither) only by their short last line."""
    lines: list[str] = []
    for paragraph in paragraphs:
        printed = wrap(paragraph, columns)
        if indent:
            printed[0] = "    " + printed[0]
        if blank and lines:
            lines.append("")
        lines += printed
    return lines


def pages(lines: Sequence[str]) -> list[list[str]]:
    return [list(lines[i : i + PAGE_LINES]) for i in range(0, len(lines), PAGE_LINES)]


def broken_versions(paragraphs: Sequence[str], columns: int) -> Iterator[tuple[str, str, list[str]]]:
    """(name, broken text, inserted furniture)."""
    yield "lines cut, indented", "\n".join(cut(paragraphs, columns, True, False)), []
    yield "lines cut, blank line", "\n".join(cut(paragraphs, columns, False, True)), []
    plain = cut(paragraphs, columns, False, False)
    yield "lines cut, no mark", "\n".join(plain), []
    yield "lines cut, double-spaced", "\n\n".join(plain), []
    head = HEADS[0] if any(is_cjk(c) for c in paragraphs[0]) else HEADS[1]
    furnished, inserted = [], []
    for number, page in enumerate(pages(plain), 11):
        inserted += [head, f"- {number} -"]
        furnished += [head, *page, f"- {number} -"]
    yield "page furniture", "\n".join(furnished), inserted
    glued, inserted = [], []
    for number, page in enumerate(pages(plain), 11):
        inserted.append(f"{head}{number}")
        glued += [*page, f"{head}{number}"]
    yield "head glued to number", "\n".join(glued), inserted
    swapped: list[str] = []
    for page in pages(plain):
        half = (len(page) + 1) // 2
        swapped += page[half:] + page[:half]
    yield "columns swapped, unmarked", "\n".join(swapped), []
    swapped = []
    for page in pages(plain):
        half = (len(page) + 1) // 2
        swapped += [*page[half:], "", *page[:half], "", ""]
    yield "columns swapped, gaps", "\n".join(swapped), []
    swapped, inserted = [], []
    for number, page in enumerate(pages(plain), 11):
        half = (len(page) + 1) // 2
        inserted.append(f"{head}{number}")
        swapped += [*page[half:], f"{head}{number}", *page[:half]]
    yield "columns swapped, head between", "\n".join(swapped), inserted
    swapped, rng, rest = [], random.Random(len(plain)), list(plain)
    while rest:
        first, second = (PAGE_LINES // 2 + rng.randint(-3, 3) for _ in range(2))
        first = min(first, (len(rest) + 1) // 2)
        swapped += [*rest[first : first + second], "", *rest[:first], "", ""]
        rest = rest[first + second :]
    yield "columns swapped, uneven, gaps", "\n".join(swapped), []


def tokens(text: str) -> list[str]:
    return re.findall(r"[\u2e80-\u9fff]|[^\W\u2e80-\u9fff]+", text)


def measure(paragraphs: Sequence[str], text: str, inserted: Sequence[str]) -> dict[str, float]:
    clean, report = reflow(Extract("broken", "text", text))
    wanted, got = _pairs("\n".join(paragraphs)), _pairs(clean.text)
    before = wanted - _pairs(text)
    after = wanted - got

    def ends(parts: Sequence[str]) -> Counter[tuple[str, str]]:
        bare = ["".join(tokens(part)) for part in parts]
        bare = [part for part in bare if part]
        return Counter((a[-8:], b[:8]) for a, b in pairwise(bare))

    truth, found = ends(paragraphs), ends(clean.text.split("\n\n"))
    right = sum((truth & found).values())
    precision, recall = right / max(1, sum(found.values())), right / max(1, sum(truth.values()))
    kept = Counter(clean.text) & Counter("".join(paragraphs))
    letters = sum(not c.isspace() for c in "".join(paragraphs))
    return {
        "moved": float(report.pieces_moved > 0),
        "broken": float(sum(before.values())),
        "still": float(sum(after.values())),
        "paragraphs": 2 * precision * recall / max(1e-9, precision + recall),
        "lost": 1 - sum(n for c, n in kept.items() if not c.isspace()) / letters,
        "furniture": sum(clean.text.count(line) > 0 for line in set(inserted)) / max(1, len(set(inserted))),
    }


def _pairs(text: str) -> Counter[tuple[str, str]]:
    found = tokens(text)
    return Counter(pairwise(found))


def read_paragraphs(path: Path) -> list[str]:
    text = re.sub(r"(?m)^#{1,6} |^> ?|^[-*] |\*\*", "", path.read_text("utf-8"))
    return [re.sub(r"\s*\n\s*", "", part) for part in re.split(r"\n\s*\n", text) if part.strip()]


def squad_texts(path: Path) -> list[list[str]]:
    articles = json.loads(path.read_text("utf-8-sig"))["data"]
    texts = [[re.sub(r"\s+", " ", p["context"]).strip() for p in article["paragraphs"]] for article in articles]
    if all(len(text) == 1 for text in texts):
        texts = [[p for text in texts[i : i + 12] for p in text] for i in range(0, len(texts) - 11, 12)]
    else:
        texts = [a + b for a, b in zip(texts[::2], texts[1::2], strict=False)]
    return texts


def report(texts: Sequence[Sequence[str]]) -> dict[str, dict[str, float]]:
    rows: dict[str, list[dict[str, float]]] = {}
    rng = random.Random(0)
    for paragraphs in texts:
        wide = any(is_cjk(c) for c in paragraphs[0])
        columns = rng.choice((40, 44, 48, 56) if wide else (60, 68, 76))
        for name, text, inserted in broken_versions(paragraphs, columns):
            rows.setdefault(name, []).append(measure(paragraphs, text, inserted))
    total = {name: {key: sum(r[key] for r in some) for key in ("broken", "still")} for name, some in rows.items()}
    mean = {name: {key: sum(r[key] for r in some) / len(some) for key in some[0]} for name, some in rows.items()}
    for name, row in mean.items():
        row |= total[name]
        row["order"] = 1 - row["still"] / row["broken"] if row["broken"] else float(row["still"] == 0)
    return mean


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--squad", type=Path, action="append", default=[], help="take the paragraphs of a SQuAD file")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    parser.add_argument("--half", choices=("dev", "test"), help="every second text: dev was tuned on, test not")
    given = parser.parse_args()
    files = given.files or ([] if given.squad else sorted((Path(__file__).parents[1] / "ingest/corpus").glob("*.md")))
    texts = [read_paragraphs(path) for path in files] + [text for path in given.squad for text in squad_texts(path)]
    if given.half:
        texts = texts[given.half == "test" :: 2]
    figures = report(texts)
    keys = ("broken", "order", "paragraphs", "moved", "lost", "furniture")
    print(f"{len(texts)} texts, {sum(map(len, texts))} paragraphs; per cent")
    print(f"{'broken by':32}" + "".join(f"{key:>12}" for key in keys))
    for name, row in figures.items():
        print(f"{name:32}" + "".join(f"{row[key] * (1 if key == 'broken' else 100):12.1f}" for key in keys))
    if given.json:
        given.json.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
