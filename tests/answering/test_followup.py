"""Which questions lean on those before, what they are resolved to, and that both readings are searched."""

import pytest
from fakes import HashingEmbedder

from rag.answering import readings
from rag.answering.followup import Resolved, resolve, resolved
from rag.answering.leaning import Lean, lean
from rag.rag import Rag

FIRST = "2021年全市有多少名硕士？"

REPLACED = """
联合培养了多少工程硕士？ | 那博士呢？ | 联合培养了多少博士？
联合培养了多少名工程硕士？ | 那工程博士呢？ | 联合培养了多少名工程博士？
2021年全市有多少名硕士？ | 博士呢 | 2021年全市有多少名博士？
港口有多少所学校？ | 那图书馆呢？ | 港口有多少图书馆？
上海有多少所学校？ | 南京呢？ | 南京有多少所学校？
公司在上海的员工有多少？ | 在南京呢？ | 公司在南京的员工有多少？
2023年来了多少艘船？ | 2024年呢？ | 2024年来了多少艘船？
来了多少艘船？ | 2024年呢？ | 2024年来了多少艘船？
名单里有几家是“巨人”？ | “冠军”呢？ | 名单里有几家是“冠军”？
培训班的学员有多少？ | 老师呢？ | 培训班的老师有多少？
港口是哪一年建成的？ | 它有多少个泊位？ | 港口有多少个泊位？
港口一共有几个泊位？ | 占全省多少？ | 港口占全省多少？
港口有多少个泊位？ | 它们由谁管理？ | 港口由谁管理？
How many ships called in 2024? | And in 2025? | How many ships called in 2025?
How many ships called in 2024? | What about 2025? | How many ships called in 2025?
How many ships called? | And in 2025? | How many ships called in 2025?
How many masters of law were trained? | And doctors? | How many doctors of law were trained?
How many engineering masters were trained? | And doctors? | How many engineering doctors were trained?
How deep is the lake? | And the mill pond? | How deep is the mill pond?
What was the revenue in 2020? | And the profit? | What was the profit in 2020?
What is the population of Paris? | And Lyon? | What is the population of Lyon?
What is the range of the A200? | And the A300? | What is the range of the A300?
2024年に何隻の船が来ましたか？ | では2025年は？ | 2025年に何隻の船が来ましたか？
工学修士は何人いますか？ | では博士は？ | 工学博士は何人いますか？
港湾管理委員会の船は何隻ですか？ | 職員は？ | 港湾管理委員会の職員は何隻ですか？
2024년에 배가 몇 척 왔습니까? | 그럼 2025년은요? | 2025년에 배가 몇 척 왔습니까?
공동으로 양성된 공학 석사는 몇 명입니까? | 그럼 박사는요? | 공동으로 양성된 공학 박사는 몇 명입니까?
베이징 증권거래소의 상장 기업은 몇 개입니까? | 수수료는? | 베이징 증권거래소의 수수료는 몇 개입니까?
Combien de navires en 2024 ? | Et en 2025 ? | Combien de navires en 2025 ?
Combien de maîtres en droit ont été formés ? | Et de docteurs ? | Combien de docteurs en droit ont été formés ?
Quelle est la population de Paris ? | Et de Lyon ? | Quelle est la population de Lyon ?
Wie viele Schiffe kamen 2024? | Und 2025? | Wie viele Schiffe kamen 2025?
Wie hoch ist der Turm? | Und die Brücke? | Wie hoch ist die Brücke?
¿Cuántos barcos llegaron en 2024? | ¿Y en 2025? | ¿Cuántos barcos llegaron en 2025?
¿Cuántos másteres en derecho se formaron? | ¿Y doctores? | ¿Cuántos doctores en derecho se formaron?
Сколько судов пришло в 2024 году? | А в 2025 году? | Сколько судов пришло в 2025 году?
Сколько магистров права подготовили? | А докторов? | Сколько докторов права подготовили?
""".strip()

CARRIED = """
其中女性占多少？
为什么？
还有吗
继续
其他的呢？
What does it contain?
How about the others?
Why?
それはどこですか？
그것은 어디에 있습니까?
Et pourquoi ?
Wie viele sind dort?
¿Y cuál es su capital?
Сколько часов их поливают летом?
""".strip()


@pytest.mark.parametrize("line", REPLACED.splitlines())
def test_the_parallel_part_is_replaced(line):
    earlier, question, expected = line.split(" | ")
    assert resolve(question, [earlier]) == expected
    assert resolved(question, ["Another topic altogether, which has its say?", earlier]).text == expected


@pytest.mark.parametrize("question", CARRIED.splitlines())
def test_what_the_question_before_was_about_is_carried_over(question):
    assert resolve(question, [FIRST]) == f"{FIRST} {question}"


@pytest.mark.parametrize(
    ("earlier", "question"),
    [
        ("北京的港口有多少？", "How about schools?"),  # no part of one script stands beside one of another
        ("What is the depth of the lake?", "And the mill?"),  # beside the depth or the lake?
        ("東京の人口は何人ですか？", "大阪は？"),
        ("서울의 인구는 얼마입니까?", "부산은?"),
        ("张三的工资是多少？", "李四的呢？"),
    ],
)
def test_where_the_part_cannot_be_told_the_whole_is_carried_over(earlier, question):
    assert resolve(question, [earlier]) == f"{earlier} {question}"


ALONE = """
怀柔综合性国家科学中心一共有多少个设施平台？
新型研发机构的激励机制包括哪些内容？
港口是哪家公司建的，它有多少个泊位？
What is the name of the quantum computing cloud platform?
In which city did Maria Theresa of Austria hold her court and receive the ambassadors?
Combien de laboratoires nationaux la ville compte-t-elle ?
When was Montreal captured?
How many of the national laboratories are there in the north?
Combien y a-t-il de laboratoires nationaux dans cette ville ?
¿Cuántos barcos se construyeron en los astilleros y cuáles son los mayores?
""".strip()


@pytest.mark.parametrize("question", ALONE.splitlines())
def test_a_question_that_stands_by_itself_is_left_alone(question):
    assert resolve(question, [FIRST]) == question
    assert lean(question) is Lean.NO


def test_without_a_question_before_nothing_is_put_in_front():
    for history in ([], [""], [" ", "\n"]):
        assert resolved("那博士呢？", history) == Resolved("那博士呢？", Lean.NO)
    assert resolve("", [FIRST]) == ""
    assert resolve("  ", [FIRST]) == "  "


def test_a_chain_of_follow_ups_leads_back_to_its_subject():
    history = ["另一个话题是什么？", FIRST, "那本科生呢？"]
    assert resolve("那博士呢？", history) == "2021年全市有多少博士？"
    assert resolve("为什么呢？", history) == "2021年全市有多少本科生？ 为什么呢？"
    assert resolve("总值呢？", ["港口是哪一年建成的？", "它有多少个泊位？"]) == "港口有多少总值？"
    assert resolve("And in 2025?", ["How many ships called?", "Why?"]) == "How many ships called? Why? And in 2025?"
    assert resolve("那男性呢？", [FIRST, "其中女性占多少？"]) == f"{FIRST} 其中男性占多少？"
    assert resolve("为什么呢？", ["它在哪里？"]) == "它在哪里？ 为什么呢？"


def test_a_new_subject_ends_a_chain():
    assert resolve("那图书馆呢？", ["2021年来了多少艘船？", "学校有多少所？"]) == "图书馆有多少所？"


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("那博士呢？", Lean.SURELY),
        ("它在哪里？", Lean.SURELY),
        ("And the mill?", Lean.SURELY),
        ("工资多少？", Lean.PERHAPS),
        ("Port fees?", Lean.PERHAPS),
        ("拿到冠军的一共有几家公司？", Lean.PERHAPS),
        ("", Lean.NO),
    ],
)
def test_how_much_a_question_leans(question, expected):
    assert lean(question) is expected


class TestBothReadings:
    @pytest.fixture(scope="class")
    def rag(self, tmp_path_factory):
        folder = tmp_path_factory.mktemp("readings")
        texts = [
            "The lake is twelve metres deep.",
            "The mill was built of stone.",
            "Herons nest on the roof.",
            "港口很大。",
        ]
        for n, text in enumerate(texts):
            (folder / f"{n}.txt").write_text(text + "\n", "utf-8")
        return Rag.build(folder, folder / "index", embedder=HashingEmbedder())

    def test_a_passage_has_the_better_of_its_weighted_scores(self, rag):
        question, other = "Which herons nest on the roof?", "How deep is the lake?"
        for how in (Lean.PERHAPS, Lean.SURELY):
            found = readings.search(rag.searcher, question, Resolved(other, how), 4, None)
            expected: dict[str, float] = {}
            for text, weight in ((question, readings.AS_ASKED[how]), (other, readings.AS_RESOLVED[how])):
                for hit in rag.search(text, 4):
                    expected[hit.passage.id] = max(expected.get(hit.passage.id, 0.0), weight * hit.score)
            assert {hit.passage.id: hit.score for hit in found.hits} == pytest.approx(expected)
            scores = [hit.score for hit in found.hits]
            assert scores == sorted(scores, reverse=True)
            assert [rag.passages[row] for row in found.rows] == [hit.passage for hit in found.hits]

    def test_the_reading_that_counts_is_the_one_that_found_the_first_hit(self, rag):
        question, other = "Which herons nest on the roof?", "How deep is the lake?"
        found = readings.search(rag.searcher, question, Resolved(other, Lean.PERHAPS), 2, None)
        alone = rag.searcher.searches([found.question], 2)[0]
        assert (found.vector == alone.vector).all()
        assert found.hits[0].passage == alone.hits[0].passage
        sure = readings.search(rag.searcher, question, Resolved(other, Lean.SURELY), 2, None)
        assert sure.question == other

    def test_a_question_that_does_not_lean_is_searched_as_it_is(self, rag):
        question = "How deep is the lake?"
        found = readings.search(rag.searcher, question, Resolved(question, Lean.NO), 2, None)
        assert found.hits == rag.searcher.searches([question], 2)[0].hits

    def test_no_hits(self, rag):
        found = readings.search(rag.searcher, "And the mill?", Resolved("How deep is the mill?", Lean.SURELY), 2, [])
        assert (found.hits, found.rows) == ((), ())

    def test_an_abstention_says_what_was_searched_for(self, rag):
        from rag.answering.answerer import Answerer

        unsure = Answerer(rag.searcher, least_probability=1.1)
        answer = unsure.answer("And the mill?", 2, ["How deep is the lake?"])
        assert answer.resolved == "How deep is the mill?"
        assert answer.text.endswith("(Searched for: “How deep is the mill?”.)")
        assert (answer.citations, answer.sentences, len(answer.hits)) == ((), (), 2)
        alone = unsure.answer("How deep is the mill?", 2)
        assert alone.resolved == "" and "Searched for" not in alone.text
