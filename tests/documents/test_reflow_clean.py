"""Text that is not line-broken passes through reflow unchanged, byte for byte."""

import json
from pathlib import Path

import pytest

from rag.documents.extract import Extract
from rag.documents.reflow import reflow

ROOT = Path(__file__).parents[2]
OWN = sorted((Path(__file__).parent / "texts").glob("*.txt"))
BENCH = ROOT.parent / "shared" / "bench"

WRITTEN = {
    "verse of five": """床前明月光，
疑是地上霜。
举头望明月，
低头思故乡。

空山不见人，
但闻人语响。
返景入深林，
复照青苔上。
""",
    "verse of seven": """两个黄鹂鸣翠柳，一行白鹭上青天。
窗含西岭千秋雪，门泊东吴万里船。

朝辞白帝彩云间，千里江陵一日还。
两岸猿声啼不住，轻舟已过万重山。
""",
    "sonnet": """Shall I compare thee to a summer's day?
Thou art more lovely and more temperate:
Rough winds do shake the darling buds of May,
And summer's lease hath all too short a date;
Sometime too hot the eye of heaven shines,
And often is his gold complexion dimm'd;
And every fair from fair sometime declines,
By chance or nature's changing course untrimm'd;
But thy eternal summer shall not fade,
Nor lose possession of that fair thou ow'st;
Nor shall death brag thou wander'st in his shade,
When in eternal lines to time thou grow'st:
So long as men can breathe or eyes can see,
So long lives this, and this gives life to thee.
""",
    "stanzas": """I wandered lonely as a cloud
That floats on high o'er vales and hills,
When all at once I saw a crowd,
A host, of golden daffodils;
Beside the lake, beneath the trees,
Fluttering and dancing in the breeze.

Continuous as the stars that shine
And twinkle on the milky way,
They stretched in never-ending line
Along the margin of a bay:
Ten thousand saw I at a glance,
Tossing their heads in sprightly dance.
""",
    "free verse": """雨后的车站
我把伞收起来
像收起一个没有说完的句子
站台上的人
都望着同一个方向
火车还没有来
风先来了
它翻动一张旧报纸
翻到去年的天气
我忽然想起你说过的话
关于远方
关于一盏灯
怎样在夜里慢慢地老去
""",
    "address": """Customer Service Department
Northern Lamp Company Ltd
27 Harbour Street, Second Floor
Port Ellen, Isle of Islay
PA42 7DH, United Kingdom
Telephone 01496 555 0100
""",
    "subtitles": """1
00:00:01,000 --> 00:00:03,500
We came over the hill at dawn

2
00:00:02,000 --> 00:00:04,500
and there was the valley,

3
00:00:03,000 --> 00:00:05,500
still full of mist.

4
00:00:04,000 --> 00:00:06,500
Nobody spoke for a while.

5
00:00:05,000 --> 00:00:07,500
Then the dog began to bark

6
00:00:06,000 --> 00:00:08,500
and we knew that somebody lived there.

7
00:00:07,000 --> 00:00:09,500
It was an old woman with a lamp

8
00:00:08,000 --> 00:00:10,500
who had been waiting since the night before

9
00:00:09,000 --> 00:00:11,500
for a son who would not come.

""",
    "subtitle lines": """我们天亮的时候翻过了山
眼前就是那条山谷
雾还没有散
很久没有人说话
后来狗叫了起来
我们才知道那里有人家
是一位提着灯的老太太
她从前一天夜里就在等
等一个不会回来的儿子
她给我们烧了水
又拿出了炒米
我们一直坐到太阳照进院子
""",
    "words": """apple
banana
cherry
date
elderberry
fig
grape
honeydew
kiwi
lemon
mango
nectarine
orange
papaya
quince
""",
    "Korean": """서울은 대한민국의 수도이다. 한강을 끼고 있으며 오랜 역사를 지닌 도시이다. 인구는 약 950만 명이다.
도시는 스물다섯 개의 자치구로 나뉜다. 강북에는 옛 궁궐과 시장이 많고 강남에는 새 건물이 많다.
봄에는 벚꽃이 피고 가을에는 단풍이 든다. 여름에는 비가 많이 온다.
""",
    "Thai": """กรุงเทพมหานครเป็นเมืองหลวงของประเทศไทย ตั้งอยู่บนที่ราบลุ่มแม่น้ำเจ้าพระยา มีประชากรมากกว่าแปดล้านคน
ตลาดน้ำเป็นสถานที่ท่องเที่ยวที่มีชื่อเสียง นักท่องเที่ยวนิยมไปในตอนเช้า
อาหารไทยมีรสจัดและมีเครื่องเทศหลายชนิด ผู้คนนิยมรับประทานร่วมกัน
วัดหลายแห่งเปิดให้เข้าชมทุกวัน ผู้เข้าชมควรแต่งกายสุภาพ
""",
    "Arabic": """القاهرة هي عاصمة جمهورية مصر العربية وأكبر مدنها، وتقع على ضفاف نهر النيل.
تضم المدينة عددا كبيرا من المساجد والأسواق القديمة، ويزورها السياح من كل أنحاء العالم.
يمتاز مناخها بالحرارة صيفا والاعتدال شتاء.
""",
    "Japanese": """京都は日本の古い都です。多くの寺や神社があり、毎年たくさんの人が訪れます。
春には桜が咲き、秋には紅葉が美しいです。
祇園祭は七月に行われ、町中がにぎわいます。
""",
    "recipe": """番茄炒蛋

材料
番茄两个，鸡蛋三个，葱一根
盐半勺，糖一勺，油适量

做法
1. 番茄切块，鸡蛋打散
2. 热锅下油，先炒鸡蛋盛出
3. 再下番茄炒出汁，加盐和糖
4. 倒回鸡蛋翻匀，撒葱花出锅
""",
    "lyrics": """茉莉花开在窗前的小路上
你走过的时候没有回头看
风把你的名字吹到屋檐下
我数着雨滴从清晨到夜晚
茉莉花开在窗前的小路上
我把信写好又轻轻地撕开
如果明年春天你还会经过
请替我闻一闻花有没有来
""",
    "articles of a rule": """第一条 为了规范集市管理，保护买卖双方的利益，制定本规定。
第二条 本规定适用于本镇范围内的各类集市。
第三条 集市由镇集市管理委员会负责管理，委员会每年改选一次。
第四条 摊位费按月收取，标准由委员会公布。
第五条 违反本规定的，由委员会给予警告；情节严重的，取消摊位。
""",
    "chat": """[10:00] Ben: are you there
[10:01] Ann: yes, just got in from work
[10:02] Ben: did you see the message about the meeting tomorrow
[10:03] Ann: no, what did it say
[10:04] Ben: they moved it to ten, same room as last week
[10:05] Ann: ok, then I will take the early train
[10:06] Ben: bring the folder with the drawings please
[10:07] Ann: the blue one or the one on the shelf by the door
[10:08] Ben: the blue one, the other is for the customer
[10:09] Ann: fine
[10:10] Ben: see you then
[10:11] Ann: good night
""",
    "Chinese chat": """老李：你到了吗
小王：刚出地铁，还有五分钟
老李：明天的会改到十点了，你看到通知没有
小王：没看到，地点还是上次那间会议室吗
老李：对，老地方，别忘了带图纸
小王：哪一份图纸，蓝色封面的还是架子上那份
老李：蓝色的，另一份是给客户的
小王：好，那我坐早一班车过来
老李：行
小王：回头见
""",
}

MADE = {
    "CSV": "city,population,area,founded,mayor\n"
    + "".join(f"Town {i},{i * 7919},{i * 13}.5,19{i:02},Person {i}\n" for i in range(40)),
    "Chinese CSV": "编号,名称,地址,电话\n"
    + "".join(f"{i},第{i}号门店,人民路{i * 3}号,010-6666{i:04}\n" for i in range(40)),
    "TSV": "a\tb\tc\n" + "".join(f"{i}\t{i * i}\tname {i}\n" for i in range(40)),
    "table": "Item            Quantity    Price\n"
    + "".join(f"Article {i:4}       {i:4}      {i * 3:6.2f}\n" for i in range(30)),
    "questions and answers": "".join(
        f"Q: What happens if device number {i} does not start at all?\n"
        f"A: Hold the button for {i} seconds and try again after a minute.\n"
        for i in range(1, 15)
    ),
    "log": "".join(f"2024-03-{i:02} 12:00:01 INFO server started request {i} in {i * 3} ms\n" for i in range(1, 29)),
    "names of one width": "Alexander Hamilton Fitzgerald\nBartholomew Johnson Fielding\nChristopher Montgomery Hale\n"
    * 6,
    "titles of one width": "关于进一步加强城市社区养老服务工作的通知\n关于做好夏季防汛抗旱应急准备工作的通知\n" * 8,
    "numbers": "".join(f"{i * 7919}\n" for i in range(50)),
    "Windows line ends": "第一段说的是春天。\r\n\r\n第二段说的是秋天，天气凉了。\r\n",
}


def unchanged(text, kind="text"):
    document, report = reflow(Extract("text", kind, text))
    assert document.text == text
    assert not report.changed and report.dropped == ()
    for span in document.spans:
        assert document.text[span.start : span.end] == text[span.source_start : span.source_end]


@pytest.mark.parametrize("kind", ["text", "markdown", "html", "docx"])
@pytest.mark.parametrize("text", [*WRITTEN.values(), *MADE.values()], ids=[*WRITTEN, *MADE])
def test_lines_that_mean_something_stay(text, kind):
    unchanged(text, kind)


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.name)
@pytest.mark.parametrize("gap", ["\n\n", "\n", "\n\n\n"])
def test_a_paragraph_a_line_stays(path, gap):
    unchanged(path.read_text("utf-8").replace("\n\n", gap))


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.name)
def test_a_sentence_or_a_clause_a_line_stays(path):
    text = path.read_text("utf-8")
    unchanged(text.replace("。", "。\n").replace(". ", ".\n"))
    unchanged(text.replace("。", "。\n").replace("，", "，\n").replace(". ", ".\n").replace(", ", ",\n"))


@pytest.mark.parametrize("path", sorted((ROOT / "ingest" / "corpus").glob("*.md")), ids=lambda path: path.name)
@pytest.mark.parametrize("kind", ["text", "markdown"])
def test_the_corpus_stays(path, kind):
    unchanged(path.read_text("utf-8"), kind)


@pytest.mark.parametrize("path", sorted((ROOT / "src" / "rag").rglob("*.py")), ids=lambda path: path.name)
def test_code_stays(path):
    unchanged(path.read_text("utf-8"))


@pytest.mark.parametrize("language", ["zh", "en", "es", "vi"])
def test_paragraphs_and_lists_of_a_public_set_stay(language):
    path = BENCH / f"xquad.{language}.json"
    if not path.is_file():
        pytest.skip(f"the public set is not there: {path}")
    for article in json.loads(path.read_text("utf-8"))["data"]:
        questions = [qa for paragraph in article["paragraphs"] for qa in paragraph["qas"]]
        unchanged("\n".join(paragraph["context"] for paragraph in article["paragraphs"]))
        unchanged("\n".join(qa["question"] for qa in questions))
        unchanged("\n".join(answer["text"] for qa in questions for answer in qa["answers"]))


def test_headings_of_plain_text_are_known():
    text = (Path(__file__).parent / "texts" / "canal.zh.txt").read_text("utf-8")
    document, _ = reflow(Extract("canal.txt", "text", text))
    assert [(h.level, text[h.start : h.end]) for h in document.headings] == [
        (1, "运河边的老仓库"),
        (2, "转机来自一次普通的测绘"),
        (2, "修缮怎样进行"),
        (2, "今天的样子"),
    ]
    assert document.title == "运河边的老仓库"
