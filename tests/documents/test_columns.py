"""Reading order of runs on a page, drawn row by row as the worst programs do."""

import random

import pytest

from rag.documents.columns import Run, in_columns

LINE = 12.0


def justified(text: str, x: float, y: float, width: float) -> list[Run]:
    """The words of a line as runs of their own, spread over the width."""
    words = text.split()
    gap = (width - sum(5.0 * len(word) for word in words)) / max(1, len(words) - 1)
    runs = []
    for number, word in enumerate(words):
        runs.append(Run(word, x, y, x + 5.0 * len(word), y + 10, 10, number > 0))
        x += 5.0 * len(word) + gap
    return runs


def lines_of(chance: random.Random, count: int, mark: str, words: int = 5) -> list[str]:
    return [" ".join([f"{mark}{n:02d}", *("w" * chance.randint(3, 6) for _ in range(words))]) for n in range(count)]


@pytest.mark.parametrize("lengths", [(30, 30), (30, 9), (9, 30), (30, 30, 12), (12, 30, 30)])
def test_justified_columns_that_are_drawn_row_by_row(lengths: tuple[int, ...]) -> None:
    chance = random.Random(len(lengths))
    columns = [lines_of(chance, count, mark) for count, mark in zip(lengths, "ABC", strict=False)]
    runs: list[Run] = []
    for row in range(max(lengths)):
        for number, column in enumerate(columns):
            if row < len(column):
                made = justified(column[row], 60 + number * 190, 700 - row * LINE, 170)
                runs += [
                    Run(*(made[0].text, made[0].x0, made[0].y0, made[0].x1, made[0].y1, 10), number > 0),
                    *made[1:],
                ]
    assert in_columns(runs) == [line for column in columns for line in column]


def test_one_column_keeps_its_order_and_its_lines() -> None:
    chance = random.Random(8)
    lines = lines_of(chance, 40, "A", words=12)
    runs = [run for row, line in enumerate(lines) for run in justified(line, 60, 700 - row * LINE, 400)]
    assert in_columns(runs) == lines


def test_a_table_of_ragged_cells_is_read_row_by_row() -> None:
    chance = random.Random(3)
    runs, rows = [], []
    for row in range(30):
        cells = ["c" * chance.randint(4, 30) for _ in range(3)]
        rows.append(" ".join(cells))
        for number, cell in enumerate(cells):
            x = 60 + number * 170
            runs.append(Run(cell, x, 700 - row * LINE, x + 5 * len(cell), 710 - row * LINE, 10, number > 0))
    assert in_columns(runs) == rows


def test_running_heads_stand_outside_the_columns() -> None:
    chance = random.Random(6)
    left, right = lines_of(chance, 20, "A"), lines_of(chance, 20, "B")
    runs = [Run("HEAD", 60, 780, 90, 790, 10, False), Run("17", 400, 780, 410, 790, 10, True)]
    for row, pair in enumerate(zip(left, right, strict=True)):
        for number, line in enumerate(pair):
            runs.append(
                Run(line, 60 + 190 * number, 700 - row * LINE, 230 + 190 * number, 710 - row * LINE, 10, number > 0)
            )
    runs.append(Run("18", 100, 40, 110, 50, 10, False))
    assert in_columns(runs) == ["HEAD 17", *left, *right, "18"]


def test_no_runs_and_very_many() -> None:
    assert in_columns([]) == []
    many = [Run("x", n % 500, n // 5, n % 500 + 5, n // 5 + 5, 5, False) for n in range(5000)]
    assert len(in_columns(many)) == 5000
