"""The default corpus: whole, in our own words, and readable as it stands."""

import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CHECKER = ROOT.parent / "shared" / "article" / "check_digest.py"
FILES = sorted((ROOT / "ingest" / "corpus").glob("*.md"))
SECTION_CHARACTERS = range(60, 601)
ARTICLE = "《国际科技创新中心建设的北京探索》"
AUTHORS = ("陈焕友", "徐展")
INSTITUTES = ("北京市人力资源研究中心", "北京人才发展战略研究院")


def corpus() -> str:
    return "\n".join(path.read_text("utf-8") for path in FILES)


def test_every_fact_is_there_and_nothing_is_copied() -> None:
    if not CHECKER.exists():
        pytest.skip("the article and its digest checker are not beside the project")
    run = subprocess.run([sys.executable, str(CHECKER), *map(str, FILES)], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_each_file_has_one_title_and_then_sections() -> None:
    assert FILES
    for path in FILES:
        levels = [len(marks) for marks in re.findall(r"(?m)^(#{1,6}) \S", path.read_text("utf-8"))]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert set(levels) == {1, 2, 3}
        assert all(below - above <= 1 for above, below in pairwise(levels)), "a level is skipped"


def test_it_names_its_source() -> None:
    text = corpus()
    for name in (ARTICLE, *AUTHORS, *INSTITUTES):
        assert name in text


def test_sections_are_short_enough_to_read_and_never_empty() -> None:
    for part in re.split(r"(?m)^#{2,3} ", corpus())[1:]:
        heading, _, body = part.partition("\n")
        size = len(re.sub(r"\s+", "", body))
        # A chapter heading directly above its first section has no body of its own.
        assert size == 0 or size in SECTION_CHARACTERS, f"{heading}: {size} characters"


def test_headings_are_unique_so_that_a_citation_can_name_its_section() -> None:
    headings = re.findall(r"(?m)^#{1,6} (.+)$", corpus())
    assert len(headings) == len(set(headings))
