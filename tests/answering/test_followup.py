"""Which questions lean on the one before, and what they are searched as."""

import pytest

from rag.answering.followup import resolve

FIRST = "2021年全市有多少名硕士？"


LEANING = """
那博士呢？
博士呢
其中女性占多少？
它在哪里？
为什么？
还有吗
And in 2025?
What does it contain?
How about the others?
それはどこですか？
그럼 박사는?
Et en 2025 ?
А в 2025 году?
Сколько часов их поливают летом?
""".strip()


@pytest.mark.parametrize("question", LEANING.splitlines())
def test_a_question_that_leans_is_searched_with_the_one_before(question):
    assert resolve(question, [FIRST]) == f"{FIRST} {question}"


@pytest.mark.parametrize(
    "question",
    [
        "怀柔综合性国家科学中心一共有多少个设施平台？",
        "新型研发机构的激励机制包括哪些内容？",
        "What is the name of the quantum computing cloud platform?",
        "Combien de laboratoires nationaux la ville compte-t-elle ?",
    ],
)
def test_a_question_that_stands_by_itself_is_left_alone(question):
    assert resolve(question, [FIRST]) == question


def test_without_a_question_before_nothing_is_put_in_front():
    for history in ([], [""], [" ", "\n"]):
        assert resolve("那博士呢？", history) == "那博士呢？"
    assert resolve("", [FIRST]) == ""
    assert resolve("  ", [FIRST]) == "  "


def test_a_chain_of_follow_ups_leads_back_to_its_subject():
    assert resolve("那博士呢？", ["另一个话题是什么？", FIRST, "那本科生呢？"]) == f"{FIRST} 那本科生呢？ 那博士呢？"
    assert resolve("为什么呢？", ["它在哪里？"]) == "它在哪里？ 为什么呢？"
