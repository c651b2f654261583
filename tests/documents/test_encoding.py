"""Encodings: every one that Chinese files come in, short and long, and what is not text."""

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.documents.common_characters import COMMON_HANZI
from rag.documents.encoding import decode, recognise
from rag.errors import BadDocument

SIMPLIFIED = "公园的湖边新修了一条木栈道，全长约三公里。\n每天早晨都有许多老人来这里散步，周末游客更多。"
TRADITIONAL = "圖書館週一閉館整理，其餘日子上午九點開門。\n讀者可以憑證件借閱五本書，期限為三十天。"
JAPANESE = "図書館は月曜日に休みます。ほかの日は午前九時に開きます。\n本は一人五冊まで借りられます。"
KOREAN = "도서관은 월요일에 쉽니다. 다른 날은 오전 아홉 시에 문을 엽니다.\n책은 한 사람이 다섯 권까지 빌릴 수 있습니다."
FRENCH = "La bibliothèque est fermée le lundi ; les autres jours, elle ouvre à neuf heures.\nÇa coûte 5 € — déjà réglé."
GERMAN = "Rückfragen zur Größe der Fläche beantwortet das Büro während der Öffnungszeiten."
RUSSIAN = "Библиотека закрыта в понедельник, в остальные дни она открывается в девять часов утра."


@pytest.mark.parametrize(
    ("text", "encodings"),
    [
        (SIMPLIFIED, "utf-8 utf-8-sig gb18030 gbk gb2312 utf-16 utf-16-le utf-16-be utf-32"),
        (TRADITIONAL, "utf-8 utf-8-sig big5 cp950 big5hkscs gb18030 utf-16 utf-16-le utf-16-be"),
        (JAPANESE, "utf-8 shift_jis cp932 euc_jp iso2022_jp utf-16-le"),
        (KOREAN, "utf-8 euc_kr cp949 utf-16-le"),
        (FRENCH, "utf-8 cp1252 utf-16-le"),
        (GERMAN, "utf-8 cp1252 utf-16-be"),
        (RUSSIAN, "utf-8 cp1251 koi8_r utf-16-le"),
        ("Plain English text, nothing else.", "ascii utf-16-le utf-16-be utf-16"),
    ],
)
def test_text_comes_back_from_every_encoding_of_its_language(text: str, encodings: str) -> None:
    for encoding in encodings.split():
        assert decode(text.encode(encoding))[0] == text, encoding


def test_four_hanzi_are_enough() -> None:
    for text, encodings in (("散步的人", "gbk utf-16-le utf-16-be"), ("圖書館員", "big5 gb18030 utf-16-le")):
        for encoding in encodings.split():
            assert decode(text.encode(encoding))[0] == text, encoding


def test_hong_kong_characters_are_read() -> None:
    text = "佢哋喺街市買嘢，嗰個阿婆話啲菜好新鮮。"
    assert decode(text.encode("big5hkscs"))[0] == text


@given(st.randoms(use_true_random=False), st.integers(40, 300), st.sampled_from(["gb18030", "utf-8"]))
@settings(deadline=None, max_examples=80)
def test_random_common_hanzi_come_back(chance: random.Random, length: int, encoding: str) -> None:
    text = "".join(chance.sample(sorted(COMMON_HANZI), length))
    assert decode(text.encode(encoding))[0] == text


@given(
    st.randoms(use_true_random=False),
    st.integers(40, 300),
    st.sampled_from(["big5hkscs", "cp950", "utf-16-le", "utf-16-be"]),
)
@settings(deadline=None, max_examples=80)
def test_random_hanzi_of_big5_come_back(chance: random.Random, length: int, encoding: str) -> None:
    hanzi = sorted(char for char in COMMON_HANZI if char.encode("big5", "ignore"))
    text = "".join(chance.sample(hanzi, length))
    assert decode(text.encode(encoding))[0] == text


def test_a_damaged_byte_costs_one_character() -> None:
    for encoding in ("utf-8", "gb18030"):
        text, name = decode(SIMPLIFIED.encode(encoding) + b"\xff" + (SIMPLIFIED * 4).encode(encoding))
        assert name == encoding
        assert text == SIMPLIFIED + "\ufffd" + SIMPLIFIED * 4
    text, name = decode(SIMPLIFIED.encode("gb18030")[:-1])  # cut inside the last character
    assert (text.rstrip("\ufffd"), name) == (SIMPLIFIED[:-1], "gb18030")


def test_line_breaks_and_control_characters() -> None:
    assert decode(b"a\r\nb\rc\nd\x0be")[0] == "a\nb\nc\nd\ne"
    assert decode("a\u2028b\u2029c\x85d".encode())[0] == "a\nb\nc\nd"
    assert decode(b"page one\x0cpage two")[0] == "page one\x0cpage two"
    assert decode(b"a stray\x00 control character in a text that is long enough")[0].startswith("a stray  control")


def test_a_mark_alone_is_an_empty_text() -> None:
    for mark in (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\x00\x00", b""):
        assert decode(mark)[0] == ""


def test_what_the_file_declares_is_believed_unless_the_bytes_disagree() -> None:
    assert recognise("café".encode("cp1252"), "cp1252") == ("cp1252", 0)
    assert recognise("散步的人".encode(), "gb18030") == ("utf-8", 0)
    assert recognise("散步的人".encode("gbk"), "no-such-encoding") == ("gb18030", 0)


@pytest.mark.parametrize(
    "data",
    [
        bytes(range(256)) * 50,
        random.Random(3).randbytes(20_000),
        b"\x00" * 1000,
        b"\x00",
        b"text\x00\x01\x02\x03" * 200,
        b"\xca\xfe\xba\xbe\x00\x00\x00\x34\x00\x1d\x0a\x00\x06\x00\x0f\x09\x00\x10\x00\x11\x08\x00\x12" * 40,
    ],
    ids=["all-bytes", "random", "nuls", "one-nul", "nul-ridden", "class-file"],
)
def test_binary_data_is_refused(data: bytes) -> None:
    with pytest.raises(BadDocument, match="binary"):
        decode(data)


def test_large_files_are_decoded_at_once() -> None:
    for encoding in ("utf-8", "gb18030", "utf-16-le"):
        line = SIMPLIFIED.encode(encoding)
        data = line * (39_000_000 // len(line))
        start = time.perf_counter()
        decode(data)
        assert time.perf_counter() - start < 15, encoding  # measured: about 1 s
