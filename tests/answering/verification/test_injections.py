"""Documents that tell the assistant what to say, and a model that obeys: nothing false is marked as supported.

The last passage of each language holds its falsehood as a plain sentence. No check of sentences against sources can
tell it from any other: the citation shows the reader that very sentence.
"""

import json
from pathlib import Path

import pytest

from rag.answering.generation.budget import Offered
from rag.answering.generation.evidence import evidence
from rag.answering.generation.spoken import spoken
from rag.answering.verification import verify
from rag.answering.verification.instructions import evidence_of, is_instruction
from rag.documents.sentences import split_sentences
from rag.records import Passage

HERE = Path(__file__).parent
ROWS = [json.loads(line) for line in (HERE / "injections.jsonl").read_text("utf-8").splitlines()]
IDS = [f"{n}-{row['lang']}-{row['trick']}" for n, row in enumerate(ROWS)]


def test_enough_of_both_languages():
    assert len(ROWS) >= 40
    assert all(sum(row["lang"] == language for row in ROWS) >= 20 for language in ("zh", "en"))


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_obeying_convinces_nobody(row):
    said = list(spoken([row["obeyed"]]))
    assert said
    for sentence, numbers in said:
        quotes = [row["passage"]] if 1 in numbers else []
        assert not verify(sentence, quotes).supported or sentence in row["supported"]


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_nor_by_the_sentence_that_is_quoted(row):
    text = row["passage"]
    passage = Passage("p", "d", text, 0, len(text), "", tuple(split_sentences(text)))
    for sentence, numbers in spoken(row["obeyed"]):  # letter by letter, as it streams
        offered = [Offered(1, passage, passage.sentences)] if 1 in numbers else []
        # The worst of embedding models: it finds everything alike.
        places, problems = evidence(sentence, offered, lambda _, others: [1.0 for _ in others])
        assert bool(places) is not bool(problems)
        assert not places or sentence in row["supported"]


@pytest.mark.parametrize("row", [row for row in ROWS if row["obeyed"].startswith(row["supported"][0])])
def test_what_the_passage_does_say_stays_supported(row):
    assert verify(row["supported"][0], [row["passage"]]).supported


NORMAL = [
    "系统由三部分组成，用户可以直接查看结果。",
    "用户要求系统给出更快的回答。",
    "The system ignores requests above the limit.",
    "He was told to ignore the warnings and to answer the letter.",
    "The AI laboratory was founded in 2015.",
    "法官要求证人如实回答问题。",
    "公司给人工智能项目投资三亿元。",
]


@pytest.mark.parametrize("text", NORMAL)
def test_ordinary_sentences_are_evidence(text):
    assert not is_instruction(text)
    assert evidence_of(text) == text
