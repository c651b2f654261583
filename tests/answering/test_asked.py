"""What a question asks for, and the characters of a sentence that are it."""

import pytest

from rag.answering.asked import KINDS, asked_by
from rag.answering.emphasis import emphasised
from rag.records import Answer, AnswerSentence


def bold(question: str, *sentences: str) -> list[str]:
    """What is emphasised in an answer of these sentences."""
    said = tuple(AnswerSentence(sentence, (1,)) for sentence in sentences)
    answer = emphasised(Answer("", "", said, (), (), False, "", "zh", {}), question)
    return [s.text[start:end] for s in answer.sentences for start, end in s.emphasis]


@pytest.mark.parametrize(
    ("question", "sentence", "found"),
    [
        ("北京有多少所高校？", "高校有96所，科研院所有1000多家。", ["96所"]),
        ("磨坊有几名工人？", "到1911年，磨坊有1,200余名工人。", ["1,200余名"]),
        ("湖面占全区的百分之多少？", "湖面占全区的12.3%。", ["12.3%"]),
        ("交易所是哪一年设立的？", "交易所2021年9月设立，有200家公司。", ["2021年9月"]),
        ("1911年烧毁的磨坊是哪年建的？", "磨坊建于1820年，1911年烧毁。", ["1820年"]),
        ("When was the bakery founded?", "The bakery was founded on 3 May 1921.", ["3 May 1921"]),
        ("In which century was it built?", "It was built in the 14th century.", ["14th century"]),
        ("How long is the canal?", "The canal is 12.5 km long.", ["12.5"]),
        ("谁提出了这个定理？", "这个定理由马丁·路德提出。", ["马丁·路德"]),
        ("Who owns the mill?", "Since then Ann Lee owns the mill.", ["Ann Lee"]),
        ("总部在哪里？", "总部在上海市，工厂不在。", ["上海市"]),
        ("Where is the office?", "Its office is in New York.", ["New York"]),
    ],
)
def test_what_is_asked_for_is_found(question: str, sentence: str, found: list[str]) -> None:
    assert bold(question, sentence) == found


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("湖有多少鱼？", "湖里有30种鱼和200只鸟。"),  # which of the figures?
        ("3000只鹭鸟有多少在筑巢？", "鹭鸟有3000只。"),  # the question's own
        ("When did it open in 1911?", "It opened in 1911."),
        ("为什么湖水这么深？", "1911年湖水有12米深。"),
        ("Who owns the mill?", "The mill is owned by the miller."),
    ],
)
def test_nothing_is_told_where_it_cannot_be(question: str, sentence: str) -> None:
    assert bold(question, sentence) == []


def test_kinds_are_those_asked_for() -> None:
    assert asked_by("有几家公司？").found_in("有9家公司，1911年设立。") == tuple(kind == "unit" for kind in KINDS)
    assert not any(asked_by("为什么？").found_in("1911年，9家公司搬到上海。"))


def test_a_figure_of_one_part_is_not_taken_for_that_of_the_other() -> None:
    question = "湖有多少所学校，磨坊是哪年建的？"
    assert bold(question, "湖边有9所学校。", "磨坊建于1820年。") == ["9所", "1820年"]


def test_each_part_of_a_question_is_emphasised_and_nothing_unsupported() -> None:
    said = (AnswerSentence("湖有12米深，建于1911年。", (1,)), AnswerSentence("有13米。", (), supported=False))
    answer = Answer("", "", said, (), (), False, "", "zh", {})
    first, second = emphasised(answer, "湖有多少米深，又是哪年建的？").sentences
    assert [first.text[start:end] for start, end in first.emphasis] == ["12米", "1911年"]
    assert second.emphasis == ()


def read(question: str, sentence: str, *told: str) -> list[str]:
    """What is emphasised where the reader told these parts of the sentence."""
    spans = tuple((sentence.index(part), sentence.index(part) + len(part)) for part in told)
    answer = Answer("", "", (AnswerSentence(sentence, (1,), emphasis=spans),), (), (), False, "", "zh", {})
    (found,) = emphasised(answer, question).sentences
    return [sentence[start:end] for start, end in found.emphasis]


def test_what_the_reader_told_comes_first_and_keeps_its_unit() -> None:
    quays = "码头有三座：东码头、西码头、南码头。"
    assert read("有哪些码头？", quays, "东码头、西码头、南码头") == ["东码头、西码头、南码头"]
    assert read("北京有多少所高校？", "高校有96所，学院12所。", "96") == ["96所"]
    assert read("湖有几座码头？", "1911年起湖有3座码头，两座灯塔。", "湖有3座码头") == ["3座"]
    assert read("湖有多少米深？", "湖有12米深。", "12", "12米") == ["12米"]
    assert read("谁建了磨坊？", "磨坊由林家在1820年建成。", "林家") == ["林家"]


@pytest.mark.parametrize(
    ("question", "sentence", "found"),
    [
        (
            "联合培养了多少工程硕士和博士？",
            "24家企业与14所高校联合培养，工程硕士有92人，博士有53人。",
            ["92人", "53人"],
        ),
        ("联合培养了多少工程硕士和博士？", "14 所高校联合培养工程硕士 92 人、博士 53人。", ["92 人", "53人"]),
        ("北京有多少高校？", "北京拥有 96 所高校、1000 多家科研院所。", ["96 所"]),
        ("镇上有几名教师？", "镇上有教师约120名，学生900名。", ["120名"]),
    ],
)
def test_a_figure_beside_what_is_counted_is_it(question: str, sentence: str, found: list[str]) -> None:
    assert bold(question, sentence) == found
    assert read(question, sentence, "14") == found if "14" in sentence else True
