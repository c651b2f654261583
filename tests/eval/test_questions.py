"""The question set is of the form it says, balanced, and answerable from the digest and from the article alike."""

import json
import re
import unicodedata
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

import pytest
from questions import Keys, Question, read_questions

from rag.errors import RagError

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "eval" / "questions.jsonl"
CORPUS = ROOT / "ingest" / "corpus"
ARTICLE = ROOT.parent / "shared" / "article" / "article.txt"
QUESTIONS = read_questions(FILE)
ANSWERABLE_KINDS = {
    *("direct", "paraphrase", "number", "list", "comparison", "multi-passage", "cross-lingual"),
    *("traditional", "typos", "full-width", "pinyin", "long-winded", "follow-up"),
}
UNANSWERABLE_KINDS = {"near-miss", "off-topic"}
PASSAGE_CHARACTERS = 400
LONGEST_COPIED_RUN = 13
# Two sentences of the raw article are cut in two that stand far apart: (where the head ends, where the tail starts).
CUTS = (("连续六年蝉联", "“自然指数"), ("余家科", "研单位、180"))


def normal(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).lower()


@cache
def digest() -> str:
    text = "\n".join(path.read_text("utf-8") for path in sorted(CORPUS.glob("*.md")))
    return normal(re.sub(r"(?m)^#+ ", "", text))


@cache
def article() -> str:
    """The raw article without white space, followed by the passages that it cuts apart, put together."""
    if not ARTICLE.exists():
        pytest.skip("the article is not beside the project")
    raw = normal(ARTICLE.read_text("utf-8"))
    whole = [raw]
    for head, tail in CUTS:
        end, start = raw.index(normal(head)) + len(normal(head)), raw.index(normal(tail))
        whole.append(raw[max(0, end - 250) : end] + raw[start : start + 150])
    # The gap keeps a window from reaching over two of the pieces.
    return (" " * PASSAGE_CHARACTERS).join(whole)


def in_one_window(text: str, keys: Keys) -> bool:
    found = [
        (match.start(), match.end(), number)
        for number, key in enumerate(keys)
        for form in key
        for match in re.finditer(re.escape(normal(form)), text)
    ]
    for start, _, _ in found:
        inside = {number for s, e, number in found if s >= start and e <= start + PASSAGE_CHARACTERS}
        if len(inside) == len(keys):
            return True
    return False


def missing(text: str) -> list[str]:
    return [f"{q.id}: {group}" for q in QUESTIONS for group in q.groups if not in_one_window(text, group)]


def test_the_digest_answers_every_answerable_question() -> None:
    assert missing(digest()) == []


def test_the_article_answers_every_answerable_question() -> None:
    assert missing(article()) == []


def test_an_absent_key_would_be_noticed() -> None:
    assert not in_one_window(digest(), (("96所",), ("97所",)))
    assert not in_one_window(digest(), (("96所",), ("四个面向",))), "far apart is not one passage"


def test_no_question_or_answer_copies_the_article() -> None:
    def without_names(text: str) -> str:
        return normal(re.sub(r"《[^》]*》|“[^”]{1,24}”|「[^」]{1,24}」", "▮", text))

    article()
    source = without_names(ARTICLE.read_text("utf-8"))
    size = LONGEST_COPIED_RUN + 1
    for q in QUESTIONS:
        for text in map(without_names, (q.question, q.answer, *q.history)):
            copied = [text[i : i + size] for i in range(len(text) - size + 1) if text[i : i + size] in source]
            assert not copied, f"{q.id}: {copied}"


def test_there_are_enough_of_each_kind_and_language() -> None:
    assert len(QUESTIONS) >= 220
    kinds = Counter(q.kind for q in QUESTIONS)
    assert set(kinds) == ANSWERABLE_KINDS | UNANSWERABLE_KINDS
    assert min(kinds.values()) >= 10
    languages = Counter(q.language for q in QUESTIONS if q.kind == "cross-lingual")
    assert len([language for language, count in languages.items() if count >= 2]) >= 12
    assert "zh" not in languages


def test_a_third_is_unanswerable_mostly_near_misses_and_says_what_is_missing() -> None:
    unanswerable = [q for q in QUESTIONS if not q.answerable]
    assert len(unanswerable) >= 0.3 * len(QUESTIONS)
    assert Counter(q.kind for q in unanswerable)["near-miss"] > 0.8 * len(unanswerable)
    assert len({q.language for q in unanswerable}) >= 12
    for q in QUESTIONS:
        assert (q.kind in UNANSWERABLE_KINDS) == (not q.answerable), q.id
        assert bool(q.why) == (not q.answerable), q.id
        assert bool(q.answer) == q.answerable, q.id


def test_the_halves_are_balanced_and_share_no_topic() -> None:
    halves = defaultdict(list)
    for q in QUESTIONS:
        halves[q.split].append(q)
    dev, test = halves["dev"], halves["test"]
    assert abs(len(dev) - len(test)) <= 0.05 * len(QUESTIONS)
    for kind in ANSWERABLE_KINDS | UNANSWERABLE_KINDS:
        counts = [sum(q.kind == kind for q in half) for half in (dev, test)]
        assert abs(counts[0] - counts[1]) <= max(4, 0.1 * sum(counts)), (kind, counts)
    assert {q.topic for q in dev} & {q.topic for q in test} == {"none"}
    assert {q.kind for q in QUESTIONS if q.topic == "none"} == {"off-topic"}


def test_kinds_are_what_they_say() -> None:
    def of(kind: str) -> list[Question]:
        return [q for q in QUESTIONS if q.kind == kind]

    assert all(len(q.groups) > 1 for q in of("multi-passage"))
    assert all(len(q.groups) == 1 for q in QUESTIONS if q.answerable and q.kind != "multi-passage")
    assert all(q.history for q in of("follow-up"))
    assert all(q.language == "zh-Hant" for q in of("traditional"))
    assert all(re.search(r"[０-９Ａ-Ｚａ-ｚ]", q.question) for q in of("full-width"))
    assert all(re.search(r"[a-zA-Z]", q.question) for q in of("pinyin"))
    assert all(len(q.question) >= 60 for q in of("long-winded"))
    assert all(len(q.groups[0]) > 1 for q in [*of("list"), *of("comparison")])


def test_ids_and_questions_are_unique() -> None:
    assert len({q.id for q in QUESTIONS}) == len(QUESTIONS)
    assert len({(q.question, q.history) for q in QUESTIONS}) == len(QUESTIONS)


def test_the_readme_gives_the_true_counts_and_a_true_example() -> None:
    readme = (ROOT / "eval" / "README.md").read_text("utf-8")
    answerable = sum(q.answerable for q in QUESTIONS)
    assert f"{len(QUESTIONS)}: {answerable} with an answer, {len(QUESTIONS) - answerable} without" in readme
    example = re.search(r"```json\n(.+)\n```", readme)
    assert example and example[1] in FILE.read_text("utf-8").splitlines()


GOOD = {"id": "a", "split": "dev", "kind": "direct", "language": "en", "question": "Who?", "evidence": [["x"]]}


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"split": "train"}, "not dev or test"),
        ({"evidence": []}, "not a list of evidence"),
        ({"evidence": [[]]}, "not a list of evidence"),
        ({"evidence": ["x"]}, "not a list of evidence"),
        ({"evidence": [[""]]}, "not a text"),
        ({"answerable": False}, "must have one of"),
        ({"passages": [[["x"]]]}, "must have one of"),
        ({"question": " "}, "not a text"),
        ({"colour": "red"}, "unknown field 'colour'"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, change: dict[str, object], complaint: str) -> None:
    file = tmp_path / "q.jsonl"
    file.write_text(json.dumps(GOOD) + "\n" + json.dumps(GOOD | {"id": "b"} | change) + "\n", "utf-8")
    with pytest.raises(RagError, match=r"line 2: ") as caught:
        read_questions(file)
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)


def test_incomplete_lines_are_left_out_and_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "q.jsonl"
    open_line = {k: v for k, v in GOOD.items() if k != "evidence"} | {"id": "open", "incomplete": "no answer yet"}
    file.write_text(json.dumps(open_line) + "\n" + json.dumps(GOOD), "utf-8")
    assert [question.id for question in read_questions(file)] == [GOOD["id"]]
    assert "1 incomplete line left out" in capsys.readouterr().err
    file.write_text(json.dumps(open_line), "utf-8")
    with pytest.raises(RagError, match="holds no complete question"):
        read_questions(file)


def test_other_bad_files_give_one_line(tmp_path: Path) -> None:
    file = tmp_path / "q.jsonl"
    with pytest.raises(RagError, match="cannot be read"):
        read_questions(file)
    file.write_text("\n", "utf-8")
    with pytest.raises(RagError, match="holds no question"):
        read_questions(file)
    file.write_text("{", "utf-8")
    with pytest.raises(RagError, match="line 1: "):
        read_questions(file)
    file.write_text("[1]", "utf-8")
    with pytest.raises(RagError, match="line 1: "):
        read_questions(file)
    file.write_text(json.dumps({k: v for k, v in GOOD.items() if k != "kind"}), "utf-8")
    with pytest.raises(RagError, match="'kind' is missing"):
        read_questions(file)
    file.write_text((json.dumps(GOOD) + "\n") * 2, "utf-8")
    with pytest.raises(RagError, match="line 2: the id 'a' occurs twice"):
        read_questions(file)
