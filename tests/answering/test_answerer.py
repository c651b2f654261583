"""Answers: cited, abstaining, growing, following up."""

import re
from pathlib import Path

import pytest
from fakes import HashingEmbedder

from rag.answering.answerer import Answerer
from rag.rag import Rag

CORPUS = Path(__file__).parents[2] / "ingest" / "corpus"
TEXTS = {
    "lake.md": "# Lake\n\nThe lake is twelve metres deep. Herons nest in its reeds. In winter the lake freezes.\n",
    "mill.md": "# 磨坊\n\n老磨坊每天磨四十吨大麦。磨坊主姓林。\n\n## 历史\n\n磨坊建于1820年。1911年它烧毁了。\n",
    "town.txt": "The town has two bakers. Its market is held on Thursdays.\n",
}


@pytest.fixture(scope="module")
def rag(tmp_path_factory):
    folder = tmp_path_factory.mktemp("answerer")
    for name, text in TEXTS.items():
        (folder / name).write_text(text, "utf-8")
    return Rag.build([folder / name for name in TEXTS], folder / "index", embedder=HashingEmbedder())


@pytest.fixture
def sure(rag):
    """Answers whatever the probability."""
    return Answerer(rag.searcher, least_probability=0.0)


@pytest.fixture
def unsure(rag):
    """Never does."""
    return Answerer(rag.searcher, least_probability=1.1)


def check(answer, rag):
    """What holds for every answer that does not abstain."""
    assert [c.number for c in answer.citations] == list(range(1, len(answer.citations) + 1))
    assert [int(n) for n in re.findall(r"\[(\d+)\]", answer.text)] == [c.number for c in answer.citations]
    assert [s.citations for s in answer.sentences] == [(c.number,) for c in answer.citations]
    for citation, sentence in zip(answer.citations, answer.sentences, strict=True):
        document = rag.documents[citation.passage.document]
        assert citation.quote == document.text[citation.start : citation.end] == sentence.text
        assert citation.passage.start <= citation.start < citation.end <= citation.passage.end
        assert citation.passage in [hit.passage for hit in answer.hits]
    places = [(c.passage.id, c.start) for c in answer.citations]
    assert len(set(places)) == len(places)
    # Within one passage sentences keep the order in which they are read.
    for passage in {c.passage.id for c in answer.citations}:
        starts = [start for id_, start in places if id_ == passage]
        assert starts == sorted(starts)
    assert (answer.abstained, answer.reason) == (False, "answered")


@pytest.mark.parametrize(
    ("question", "quote"),
    [
        ("How deep is the lake in metres?", "The lake is twelve metres deep."),
        ("磨坊主姓什么？", "磨坊主姓林。"),
        ("磨坊建于哪一年？", "磨坊建于1820年。"),
        ("When is the market of the town held?", "Its market is held on Thursdays."),
    ],
)
def test_the_sentence_that_answers_is_cited(rag, sure, question, quote):
    answer = sure.answer(question, 3)
    check(answer, rag)
    assert quote in [citation.quote for citation in answer.citations]
    assert len(answer.hits) == 3


def test_an_answer_grows_to_the_whole(rag, sure):
    question = "How deep is the lake, when does it freeze and what nests in its reeds?"
    parts = list(sure.stream(question, 5))
    whole = sure.answer(question, 5)
    assert [len(part.citations) for part in parts] == list(range(1, len(whole.citations) + 1))
    for part in parts:
        check(part, rag)
        assert whole.text.startswith(part.text)
        assert whole.citations[: len(part.citations)] == part.citations
    assert (parts[-1].text, parts[-1].citations, parts[-1].hits) == (whole.text, whole.citations, whole.hits)


@pytest.mark.parametrize(
    ("question", "language", "text"),
    [
        ("火星上有几个湖？", "zh", "文档里没有找到这个问题的答案（查了 3 份文档的 4 个段落）。"),
        ("火星上有幾個湖呢？這裡寫了嗎？", "zh-Hant", "文件裡沒有找到這個問題的答案（查了 3 份文件的 4 個段落）。"),
        ("How many lakes does Mars have?", "en", "The documents do not answer this question"),
        ("Combien de lacs y a-t-il sur Mars ?", "fr", "Les documents ne répondent pas à cette question"),
        ("Wie viele Seen gibt es auf dem Mars?", "de", "Die Dokumente beantworten diese Frage nicht"),
        ("火星には湖がいくつありますか？", "ja", "文書の中にこの質問の答えは見つかりませんでした"),
        ("Mars'ta kaç göl var?", "tr", "The documents do not answer this question"),
    ],
)
def test_it_abstains_in_the_language_of_the_question(unsure, question, language, text):
    answer = unsure.answer(question, 2)
    assert answer.text.startswith(text)
    assert (answer.language, answer.abstained, answer.reason) == (language, True, "not in the documents")
    assert (answer.sentences, answer.citations) == ((), ())
    assert len(answer.hits) == 2
    assert next(iter(unsure.stream(question, 2))).text == answer.text


def test_the_least_probability_parts_answers_from_abstentions(rag):
    question = "How deep is the lake in metres?"
    score = rag.search(question, k=1)[0].score
    assert 0 < score < 1
    assert not Answerer(rag.searcher, score).answer(question, 3).abstained
    assert Answerer(rag.searcher, score + 1e-6).answer(question, 3).abstained


def test_a_follow_up_is_understood_by_the_question_before(rag, sure):
    first = "How deep is the lake in metres?"
    alone, after = sure.answer("And in winter?", 3), sure.answer("And in winter?", 3, [first])
    assert after.question == "And in winter?"
    assert rag.documents[after.hits[0].passage.document].title == "Lake"
    assert after.hits[0].why != alone.hits[0].why
    whole = "When is the market of the town held?"
    assert sure.answer(whole, 3, [first]).hits == sure.answer(whole, 3).hits


def test_documents_limit_the_answer(rag, sure):
    (town,) = (document.source for document in rag.documents.values() if document.title == "town")
    answer = sure.answer("How deep is the lake in metres?", 5, documents=[town])
    assert {rag.documents[c.passage.document].source for c in answer.citations} == {town}
    nothing = sure.answer("How deep is the lake in metres?", 5, documents=[])
    assert (nothing.abstained, nothing.hits, nothing.reason) == (True, (), "not in the documents")


def test_a_year_alone_answers_nothing_in_another_language(sure):
    """What is left of the question without its figures is searched, too, if it is not in the passage's language."""
    asked = []
    searches = sure.searcher.searches

    def listening(questions, *rest):
        asked.extend(questions)
        return searches(questions, *rest)

    sure.searcher.searches = listening
    try:
        for question in ("Кто победил в 1911 году?", "How deep was the lake in 1911?", "Кто победил?"):
            sure.answer(question, 3)
    finally:
        del sure.searcher.searches
    assert asked == [
        "Кто победил в 1911 году?",
        "Кто победил в году?",
        "How deep was the lake in 1911?",
        "Кто победил?",
    ]


def test_timings_are_seconds_of_each_stage(sure):
    timings = sure.answer("How deep is the lake in metres?", 3).timings
    assert timings["total"] == pytest.approx(timings["search"] + timings["answer"])
    assert 0 < timings["search"] < 10


@pytest.mark.model
class TestOnTheCorpus:
    @pytest.fixture(scope="class")
    def rag(self, embedder, tmp_path_factory):
        return Rag.build(CORPUS, tmp_path_factory.mktemp("corpus") / "index", embedder=embedder)

    @pytest.mark.parametrize(
        ("question", "facts"),
        [
            ("北京有多少所高校？", ["96"]),
            ("怀柔综合性国家科学中心有多少个设施平台？", ["29"]),
            ("How many people work at the new research institutions, full-time and part-time together?", ["1702"]),
            ("北京有多少所高校，三个国家实验室叫什么名字？", ["96", "昌平"]),
            ("联合培养了多少工程硕士和博士？", ["92", "53"]),
            (
                "How many universities does Beijing have, and how many listed companies does its exchange have?",
                ["96", "200"],
            ),
            ("Wie viele Personen wurden bis 2022 durch die Talentprogramme gefördert?", ["3300"]),
        ],
    )
    def test_answers(self, rag, question, facts):
        answer = rag.ask(question)
        check(answer, rag)
        for fact in facts:
            assert fact in answer.text

    def test_follow_up(self, rag):
        answer = rag.ask("那科研院所呢？", history=["北京有多少所高校？"])
        check(answer, rag)
        assert "1000多家" in answer.text

    @pytest.mark.parametrize(
        "question",
        [
            "火星上有几个湖？",
            "怎么做红烧肉？",
            "Who won the 1998 football world cup?",
            "Who won the 2022 World Cup?",  # of which the corpus shares the year
        ],
    )
    def test_abstains(self, rag, question):
        answer = rag.ask(question)
        assert (answer.abstained, answer.citations) == (True, ())


@pytest.mark.model
def test_one_short_document(embedder, tmp_path):
    """Nothing stands out of a single passage, and still it answers what it says and nothing else."""
    (tmp_path / "rover.txt").write_text(
        "玉兔二号是中国的月球车，2019年1月3日驶抵月球表面，累计行驶超过1500米。\n", "utf-8"
    )
    rag = Rag.build(tmp_path / "rover.txt", tmp_path / "index", embedder=embedder)
    assert "1月3日" in rag.ask("玉兔二号哪天到达月球表面？").text
    assert "1月3日" in rag.ask("When did Yutu-2 reach the surface of the Moon?").text
    assert rag.ask("北京有多少所高校？").abstained
    assert rag.ask("Who won the world cup?").abstained
