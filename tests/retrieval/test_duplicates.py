"""Copies leave the first places to what says something else, and another fact is never taken for a copy."""

import random

import pytest
from fakes import HashingEmbedder

from rag.rag import Rag
from rag.retrieval.duplicates import PLACES, copies, repeated

HARBOUR = (
    "The harbour of Marlow was dug by hand between the old mill and the lime kilns. Its basin holds 46 ships, and a "
    "pilot boards every one of them at the outer buoy. The harbour master keeps the log in the round tower, where the "
    "tide tables are posted each morning. In winter the basin is kept open by a small steam tug."
)
RULES = (
    "第三条 图书馆周一至周五开放，读者凭借书证可以借阅图书五册，借期为30天，到期可以续借一次。"
    "逾期未还的，每册每天收取滞纳金0.2元。珍贵文献只能在阅览室内查阅，不得带出馆外。遗失图书的读者应当照价赔偿，并按照规定补办手续。"
)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (HARBOUR, HARBOUR.upper().replace(",", " ,").replace(". ", ".\n\n")),
        (HARBOUR, HARBOUR.replace("posted", "pinned up")),  # an edition with other wording
        (HARBOUR, HARBOUR.split(" In winter")[0]),  # an excerpt
        (HARBOUR, HARBOUR + " It is pretty."),
        (RULES, RULES.replace("，", ",").replace("。", ".").replace("30", "３０")),
        (RULES, RULES.replace("图书馆", "圖書館").replace("读者", "讀者").replace("续借", "續借")),
        (RULES, RULES.replace("按照规定", "依照有关规定")),
        (RULES, RULES[RULES.index("珍贵") :]),
    ],
)
def test_a_copy_is_one(first, second):
    assert repeated("", [first, second]) == [None, 0]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (HARBOUR, HARBOUR.replace("46", "47")),
        (HARBOUR, HARBOUR.replace("46", "4.6")),
        (HARBOUR, HARBOUR.replace("46", "forty")),
        (HARBOUR, HARBOUR.replace("is kept", "is not kept")),
        (HARBOUR.replace("is kept", "is not kept"), HARBOUR),
        (RULES, RULES.replace("30天", "60天")),
        (RULES, RULES.replace("五册", "十册")),
        (RULES, RULES.replace("可以续借", "不可以续借")),
        (RULES, RULES.replace("0.2", "0.20%")),
        ("Price: €40 a day, breakfast and towels included.", "Price: $40 a day, breakfast and towels included."),
        (RULES + "罚款5元，补证8元。", RULES + "罚款8元，补证5元。"),  # the same figures, elsewhere
        ("年报 › 2023\n" + RULES, "年报 › 2024\n" + RULES),  # the same words of another year
        (RULES[: RULES.index("珍贵")], RULES),  # the second one adds to the first
        ("Name: Ames\nPost: miller\nTown: Marlow", "Name: Brown\nPost: miller\nTown: Marlow"),
        ("| 东城 | 图书馆 | 张敏 | 周一闭馆 |", "| 东城 | 图书馆 | 王强 | 周一闭馆 |"),
        ("Model A\nPrice on request.", "Model B\nPrice on request."),
        ("", ""),
        ("——", "……"),
    ],
)
def test_another_fact_is_no_copy(first, second):
    assert repeated("", [first, second]) == [None, None]


def test_neighbours_that_overlap_by_half_are_no_copies():
    pairs = zip("abcdefgh", "stuvwxyz", strict=True)
    sentences = [f"{word} are unloaded at the quay of {town}." for word, town in pairs]
    assert repeated("", [" ".join(sentences[n : n + 4]) for n in (0, 2, 4)]) == [None, None, None]


def test_what_the_question_asks_for_is_no_copy():
    other = HARBOUR.replace("Marlow", "Penryn")
    assert repeated("How many ships?", [HARBOUR, other]) == [None, 0]
    assert repeated("Marlow and Penryn", [HARBOUR, other]) == [None, None]
    assert repeated("Penryn", [other, HARBOUR]) == [None, 0]


def test_copies_of_copies_belong_to_the_first_and_short_texts_are_compared_whole():
    assert repeated("", ["是", HARBOUR, "是。", HARBOUR + "!", "否", HARBOUR + "?"]) == [None, None, 0, 1, None, 1]
    assert repeated("", []) == []


def test_it_looks_as_far_as_the_first_places_need():
    looked = []

    def text(n):
        looked.append(n)
        return HARBOUR if n < 30 else f"place {n}"

    found = copies("", 500, text)
    assert found.count(None) >= PLACES
    assert max(looked) < 100
    looked.clear()
    assert copies("", 500, lambda n: looked.append(n) or f"place {n}") == [None] * PLACES
    assert looked == list(range(PLACES))


@pytest.fixture(scope="module")
def rag(tmp_path_factory):
    """Twelve editions of one text, one of them with another figure, and texts of their own beside them."""
    folder = tmp_path_factory.mktemp("editions")
    swaps = ["posted", "pinned up", "hung out", "shown", "read out", "chalked up", "nailed up", "put up", "set out"]
    for n, word in enumerate([*swaps, "given", "found"]):
        (folder / f"edition{n}.txt").write_text(HARBOUR.replace("posted", word) + "\n", "utf-8")
    (folder / "revised.txt").write_text(HARBOUR.replace("46", "58") + "\n", "utf-8")
    dice = random.Random(1)
    for n in range(12):
        thing = dice.choice(["ferry", "ships of the line", "harbour light", "basin"])
        (folder / f"other{n}.txt").write_text(f"Page {n}: the {thing} holds {dice.randrange(99)} crates.\n", "utf-8")
    return Rag.build(folder, folder / "index", embedder=HashingEmbedder())


def test_copies_leave_the_first_places_and_are_not_lost(rag):
    hits = rag.search("How many ships does the basin of the harbour of Marlow hold?", k=100)
    assert len(hits) == len({hit.passage.id for hit in hits}) == 24
    texts = [hit.passage.text for hit in hits]
    editions = [n for n, text in enumerate(texts) if "46 ships" in text]
    assert editions[0] < 2
    assert hits[editions[0]].duplicates == 10
    assert editions[1:] == list(range(PLACES, 2 * PLACES))
    assert any("58 ships" in text for text in texts[:2])
    assert sum(hit.duplicates for hit in hits) == 10
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)


def test_k_and_single_legs(rag):
    question = "How many ships does the basin of the harbour of Marlow hold?"
    hits = rag.search(question, k=100)
    assert rag.search(question, k=3) == hits[:3]
    dense = rag.search(question, k=100, leg="dense")
    assert [hit.why["dense_z"] for hit in dense] == sorted((hit.why["dense_z"] for hit in dense), reverse=True)
    assert {hit.duplicates for hit in dense} == {0}


def test_copies_of_the_answer_do_not_make_it_less_probable(tmp_path):
    texts = (HARBOUR, RULES, "Herons nest in the reeds of the lake.", "老磨坊磨大麦。")
    for n, text in enumerate(texts):
        (tmp_path / f"{n}.txt").write_text(text + "\n", "utf-8")
    question = "Who boards every ship at the outer buoy?"
    alone = Rag.build(tmp_path, tmp_path / "index", embedder=HashingEmbedder()).search(question)[0]
    (tmp_path / "copy.txt").write_text(HARBOUR.replace("posted", "pinned up") + "\n", "utf-8")
    copied = Rag.build(tmp_path, tmp_path / "index", embedder=HashingEmbedder()).search(question)[0]
    assert (alone.duplicates, copied.duplicates) == (0, 1)
    assert copied.why["lead"] > 0.5 * alone.why["lead"] > 0
