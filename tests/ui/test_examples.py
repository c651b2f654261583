import pytest
from ui_fakes import CORPUS, FakeRag

from rag.serving.browser.examples import SHOWN, Examples, examples, figure_question


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("本市的图书馆有128座，读者不少。", "本市的图书馆有多少座？"),
        ("先说背景，全年客流总量是3.5亿人次。", "全年客流总量是多少人次？"),
        ("新修道路一共12条。", "新修道路一共有多少条？"),
        ("居民的满意度为97.5%。", "居民的满意度为多少？"),
        ("其中博物馆有12座。", ""),
        ("图书馆建成于2021年。", ""),
        ("图书馆很大。", ""),
        ("The library has 128 rooms.", ""),
    ],
)
def test_a_figure_becomes_a_question(text, question):
    assert figure_question(text) == question


def test_examples_are_questions_that_the_documents_answer():
    rag = FakeRag([CORPUS])
    found = examples(rag)
    assert len(found.zh) == SHOWN == len(set(found.zh))
    assert all(not rag.ask(question).abstained for question in found.zh + found.en)
    assert all("多少" in question or "资料里" in question for question in found.zh)


def test_english_documents_make_questions_from_their_headings(tmp_path):
    path = tmp_path / "bees.md"
    path.write_text(
        "# Bees\n\n## How bees dance\n\nThe bees dance. What the documents say about how bees dance is this.\n"
    )
    assert examples(FakeRag([path])).en == ("What do the documents say about How bees dance?",)


def test_no_documents_no_examples():
    assert examples(FakeRag([])) == Examples()
