"""Blocks in file order → blocks in reading order.

Extractors put columns, boxes and pages in an order of their own. A piece that breaks off inside a sentence is continued
by the piece that starts inside one: which by which is solved as an assignment over all loose ends, scored by language
and by the print, and nothing is moved where no score speaks for it. Boxes (a signed note, a box whose headings follow
its body) leave the sentence that they cut in two and become sections under their own headings.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rag.documents.boxes import as_section, box_starts
from rag.documents.lines import NEVER_FIRST, starts_item
from rag.documents.paragraphs import Block
from rag.documents.seams import WINDOW, Seams

_LEAST = 0.9
"""A link must score more than this."""
_SURE = 3.0
"""A link of this language score testifies to how the extractor ordered the pieces."""
_ALONE = 3
"""Votes for leaving the order alone."""
_FAR = 12
"""Pieces between which a link is looked for at the most."""
_BLOCK = 400
_STRAY = 0.1
"""Votes that any distance has."""


@dataclass(frozen=True, slots=True)
class Ordered:
    """Blocks in reading order, and how many pieces were moved and loose ends joined."""

    blocks: tuple[Block, ...]
    moved: int
    joined: int


def put_in_order(blocks: Sequence[Block], seams: Seams) -> Ordered:
    """Order the blocks; linked ends become one paragraph."""
    boxes = box_starts(blocks)
    pieces = _pieces(blocks, boxes)
    is_box = [bool(piece) and piece[0] in boxes for piece in pieces]
    links = _links(blocks, pieces, is_box, seams)
    chains = _chains(len(pieces), links, is_box)
    flow: list[Block] = []
    place: dict[int, int] = {}  # piece → position in `flow` just behind it
    for chain in chains:
        for n, piece in enumerate(chain):
            part = [blocks[i] for i in pieces[piece]]
            if n:
                part = [_merged(flow.pop(), part[0]), *part[1:]]
            flow += part
            place[piece] = len(flow)
    # Boxes last to first, so that the positions of those before them stay true.
    for piece in reversed([p for p in range(len(pieces)) if is_box[p]]):
        at = place[max((p for p in place if p < piece), default=-1)] if any(p < piece for p in place) else 0
        while at < len(flow) and not flow[at].level:
            at += 1
        flow[at:at] = as_section([blocks[i] for i in pieces[piece]])
    order = [piece for chain in chains for piece in chain]
    moved = sum(order[n] != sorted(order)[n] for n in range(len(order)))
    return Ordered(_with_title(flow), moved, len(links))


def _pieces(blocks: Sequence[Block], boxes: dict[int, int]) -> list[list[int]]:
    """Runs of block numbers that surely belong together in this order."""
    pieces: list[list[int]] = []
    boxed = {i for start, behind in boxes.items() for i in range(start + 1, behind)}
    for i, block in enumerate(blocks):
        edge = i in boxes or i - 1 in boxed or (i and blocks[i - 1].open_tail) or block.cut or _starts_inside(block) > 0
        if not pieces or (edge and i not in boxed):
            pieces.append([])
        pieces[-1].append(i)
    return pieces


def _starts_inside(block: Block) -> float:
    """How much the first characters alone say that the block starts inside a sentence."""
    first = block.head[0]
    if block.level or starts_item(block.lines[0]):
        return -3.0
    if block.lines[0].indent >= 2:
        return -2.0
    if first in NEVER_FIRST:
        return 2.0
    return 0.8 if first.isalpha() and first.islower() else 0.0


def _links(
    blocks: Sequence[Block], pieces: Sequence[Sequence[int]], is_box: Sequence[bool], seams: Seams
) -> dict[int, int]:
    """Piece → the piece that continues it: the assignment of heads to open tails with the highest total score."""
    from scipy.optimize import linear_sum_assignment

    tails = [p for p, piece in enumerate(pieces) if blocks[piece[-1]].open_tail and not is_box[p]]
    heads = [p for p, piece in enumerate(pieces) if not blocks[piece[0]].level and not is_box[p]]
    if not tails or not heads:
        return {}
    flow = {p: n for n, p in enumerate(p for p in range(len(pieces)) if not is_box[p])}
    offset = np.array([flow[p] for p in heads])[None, :] - np.array([flow[p] for p in tails])[:, None]
    language = np.full(offset.shape, -9.0)
    for t, h in zip(*np.nonzero((np.abs(offset) <= _FAR) & (offset != 0)), strict=True):
        last, first = blocks[pieces[tails[t]][-1]], blocks[pieces[heads[h]][0]]
        language[t, h] = seams.flow(_texts(last), _texts(first)) + _starts_inside(first)
    lost = np.array([_lost_beginning(blocks, pieces, is_box, head) for head in heads])
    wanted = language + lost + _layout(language, offset)
    wanted = np.where(wanted > _LEAST, wanted, 0.0)
    links: dict[int, int] = {}
    strength: dict[int, float] = {}
    # In blocks, as the time grows with the cube of their size. Links are short, so few run over a block's edge.
    for some in range(0, len(tails), _BLOCK):
        rows, columns = linear_sum_assignment(wanted[some : some + _BLOCK], maximize=True)
        for t, h in zip(rows + some, columns, strict=True):
            if wanted[t, h] > 0:
                links[tails[t]], strength[tails[t]] = heads[h], float(wanted[t, h])
                wanted[:, h] = 0.0
    return _without_cycles(links, strength)


def _texts(block: Block) -> list[str]:
    lines = block.lines if len(block.lines) <= 2 * WINDOW else block.lines[:WINDOW] + block.lines[-WINDOW:]
    return [line.text for line in lines]


def _lost_beginning(
    blocks: Sequence[Block], pieces: Sequence[Sequence[int]], is_box: Sequence[bool], head: int
) -> float:
    """How much a piece's place says that it continues something: behind a box or a loose end, or first in the file."""
    if head == 0:
        # Then another piece is the beginning: one with a title, if there is one.
        titled = any(blocks[piece[0]].level and not boxed for piece, boxed in zip(pieces[1:], is_box[1:], strict=True))
        return 1.5 if titled else -1.0
    return 0.5 if is_box[head - 1] or blocks[pieces[head - 1][-1]].open_tail else 0.0


def _layout(language: NDArray[np.float64], offset: NDArray[np.int_]) -> NDArray[np.float64]:
    """How much the places in the file speak for each pair: log-odds of that distance against any other.

    Extractors err by a rule (the second column first, on every page), so the sure links vote for their distance. Some
    votes are for leaving the order alone.
    """
    votes: Counter[int] = Counter({1: _ALONE})
    for t, h in zip(*np.nonzero(language >= _SURE), strict=True):
        if language[t, h] == language[t].max() == language[:, h].max():
            votes[int(offset[t, h])] += 1
    # The more heads are within reach, the better chance alone makes the best of them.
    prior = np.full(offset.shape, -math.log(max(1.0, min(offset.shape[1], 2 * _FAR) / 4)))
    for far, count in votes.items():
        prior[offset == far] += math.log(1 + count / _STRAY)
    return prior


def _without_cycles(links: dict[int, int], strength: dict[int, float]) -> dict[int, int]:
    """Text is a line, not a ring: the weakest link of each ring is dropped."""
    links = dict(links)
    for start in sorted(links):
        ring, at = [start], links.get(start)
        while at is not None and at not in ring:
            ring.append(at)
            at = links.get(at)
        if at is not None:
            ring = ring[ring.index(at) :]
            del links[min(ring, key=lambda piece: strength[piece])]
    return links


def _chains(count: int, links: dict[int, int], is_box: Sequence[bool]) -> list[list[int]]:
    """Linked pieces one behind the other; a chain stands where its first piece stood."""
    continued = set(links.values())
    chains = []
    for piece in range(count):
        if piece in continued or is_box[piece]:
            continue
        chain = [piece]
        while chain[-1] in links:
            chain.append(links[chain[-1]])
        chains.append(chain)
    return chains


def _merged(upper: Block, lower: Block) -> Block:
    return replace(upper, lines=upper.lines + lower.lines, open_tail=lower.open_tail)


def _with_title(flow: Sequence[Block]) -> tuple[Block, ...]:
    """The first block is the title if it is a heading; no other heading is on its level."""
    return tuple(
        replace(block, level=1 if i == 0 else max(2, block.level)) if block.level else block
        for i, block in enumerate(flow)
    )
