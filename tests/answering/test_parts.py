"""Two questions in one are told from one question of several clauses."""

import pytest

from rag.answering.parts import parts


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("湖有多深，磨坊又是哪年建的？", ("湖有多深", "磨坊又是哪年建的")),
        ("湖有多深？磨坊主姓什么？", ("湖有多深", "磨坊主姓什么")),
        ("湖有多深,磨坊主姓什么", ("湖有多深", "磨坊主姓什么")),
        ("到2030年，湖要有多深，由谁来挖？为什么？", ("到2030年，湖要有多深", "由谁来挖，为什么？")),
        ("How deep is the lake, and who owns the mill?", ("How deep is the lake", "who owns the mill")),
        (
            "How deep is the lake and in which year did it freeze?",
            ("How deep is the lake", "in which year did it freeze"),
        ),
        ("Wie tief ist der See und wem gehört die Mühle?", ("Wie tief ist der See", "wem gehört die Mühle")),
        (
            "¿Qué profundidad tiene el lago y quién es el dueño?",
            ("¿Qué profundidad tiene el lago", "quién es el dueño"),
        ),
    ],
)
def test_each_is_a_question_with_what_it_depends_on(question: str, found: tuple[str, ...]) -> None:
    assert parts(question) == found


@pytest.mark.parametrize(
    "question",
    [
        "湖有多深？",
        "我想知道，湖有多深？",
        "我前几天去了湖边，水很清，湖到底有多深？",
        "湖有多深，请说得详细些。",
        "When the lake froze, what did the miller do?",
        "Which miller built the mill, which burned down in 1911?",
        "¿Cómo y cuándo se construyó el molino?",
        "Who built the mill and the bakery?",
        "2,000 metres, or how many?",
        "什么？谁？哪？几？",
        "谁建的？哪年建的？多高呢？多深呢？",
        "",
    ],
)
def test_one_question_is_left_alone(question: str) -> None:
    assert parts(question) == ()
