"""Sentences of many scripts: where they end, and that no character is lost."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.documents.sentences import split_sentences


def cut(text):
    return [text[s.start : s.end] for s in split_sentences(text)]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        # A full stop inside quotation marks ends the sentence only behind them.
        ("他说：“今天下雨。你去吗？”她点头。", ["他说：“今天下雨。你去吗？”", "她点头。"]),
        ("他说：「好。」他走了。『是嗎？』她問。", ["他说：「好。」", "他走了。", "『是嗎？』", "她問。"]),
        ("他说：“好。”，然后走了。", ["他说：“好。”，然后走了。"]),
        ("《办法（试行）》已经施行。下一条。", ["《办法（试行）》已经施行。", "下一条。"]),
        ("他走了（去了上海。）然后回来。再见。", ["他走了（去了上海。）然后回来。", "再见。"]),
        # Decimals do not end one, a digit begins one.
        ("人口为1.57亿。面积2.3万平方公里。", ["人口为1.57亿。", "面积2.3万平方公里。"]),
        ("城市很大。2023年人口增加！3家公司迁入。", ["城市很大。", "2023年人口增加！", "3家公司迁入。"]),
        ("价格是5。6月又涨了。", ["价格是5。", "6月又涨了。"]),
        ("他用Python 3.11。使用A.B公司的“U.S.”版。", ["他用Python 3.11。", "使用A.B公司的“U.S.”版。"]),
        ("他离开了……我们继续！真的？！好的。", ["他离开了……我们继续！", "真的？！", "好的。"]),
        ("等等。。。好！！！行", ["等等。。。", "好！！！", "行"]),
        ("（一）第一项；（二）第二项。2021年起施行。", ["（一）第一项；（二）第二项。", "2021年起施行。"]),
        ("1．目标是好的。2．任务重。", ["1．目标是好的。", "2．任务重。"]),
        ("第一行没有句号\n第二行也没有", ["第一行没有句号", "第二行也没有"]),
    ],
)
def test_chinese(text, sentences):
    assert cut(text) == sentences


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        (
            "Dr. Smith paid $3.50 to Mr. Jones at 5 p.m. in the U.S. market. It rose 2.5 percent, e.g. in Ohio.",
            ["Dr. Smith paid $3.50 to Mr. Jones at 5 p.m. in the U.S. market.", "It rose 2.5 percent, e.g. in Ohio."],
        ),
        ("It rose in 2022. 2023 was better.", ["It rose in 2022.", "2023 was better."]),
        ('"Really?" she asked. He left.', ['"Really?" she asked.', "He left."]),
        ("See Fig. 3. Visit www.example.com. Then stop.", ["See Fig. 3.", "Visit www.example.com.", "Then stop."]),
        ("El Sr. García vino. ¿Cuándo? ¡Hoy! Sí.", ["El Sr. García vino.", "¿Cuándo?", "¡Hoy!", "Sí."]),
        ("Он пришёл. Когда? Вчера!", ["Он пришёл.", "Когда?", "Вчера!"]),
        ("今日は雨です。20人来た。本当？", ["今日は雨です。", "20人来た。", "本当？"]),
        ("오늘은 비가 온다. 내일은 맑다. 정말?", ["오늘은 비가 온다.", "내일은 맑다.", "정말?"]),
        ("ذهب إلى المدرسة. هل عاد؟ نعم.", ["ذهب إلى المدرسة.", "هل عاد؟", "نعم."]),
        ("यह एक वाक्य है। यह दूसरा है। क्या यह सही है?", ["यह एक वाक्य है।", "यह दूसरा है।", "क्या यह सही है?"]),
        ("Հայերեն նախադասություն։ Երկրորդ։", ["Հայերեն նախադասություն։", "Երկրորդ։"]),
        # Thai writes no full stop: lines are all there is to go by.
        ("วันนี้ฝนตก พรุ่งนี้อากาศดี\nย่อหน้าใหม่", ["วันนี้ฝนตก พรุ่งนี้อากาศดี", "ย่อหน้าใหม่"]),
    ],
)
def test_other_languages(text, sentences):
    assert cut(text) == sentences


def test_a_line_end_inside_a_wrapped_sentence_does_not_end_it():
    text = (
        "This is a rather long Markdown line that goes on\n"
        "on the next line. Then another long sentence\nends here.\n\nNew one"
    )
    assert cut(text) == [
        "This is a rather long Markdown line that goes on\non the next line.",
        "Then another long sentence\nends here.",
        "New one",
    ]


def test_list_items_keep_their_marks_and_stay_apart():
    text = "- apples and pears that ripen late in the autumn sun\n- plums. And more.\n1. first\n2. second\n（一）背景"
    assert cut(text) == [
        "- apples and pears that ripen late in the autumn sun",
        "- plums.",
        "And more.",
        "1. first",
        "2. second",
        "（一）背景",
    ]


@pytest.mark.parametrize("text", ["", "   \n\n ", "\ufeff", "\u3000\t\r\n"])
def test_nothing_in_nothing_out(text):
    assert split_sentences(text) == []


def test_offsets_count_characters_of_the_given_text():
    text = "\n\n 👍 好。\ud800 B。 \n"
    assert [(s.start, s.end) for s in split_sentences(text)] == [(3, 7), (7, 11)]


MARKS = "。！？!?.…”“\"'（）()[]『』ab A1.5 \n\n，,；;:中文はの가나मा।؟ไท\t\r\x0c\u2028\u3000\ufeff\u200b\ud800👍-*#•|"


@settings(max_examples=400, deadline=None)
@given(st.text(st.sampled_from(MARKS), max_size=80) | st.text(max_size=60))
def test_every_character_is_in_exactly_one_sentence(text):
    at = 0
    for sentence in split_sentences(text):
        # What lies between is white space, or invisible at the edge of a line.
        assert text[at : sentence.start].strip().strip("\ufeff\u200b").strip() == ""
        assert at <= sentence.start < sentence.end <= len(text)
        assert text[sentence.start : sentence.end].strip() == text[sentence.start : sentence.end]
        at = sentence.end
    assert text[at:].strip().strip("\ufeff\u200b").strip() == ""
