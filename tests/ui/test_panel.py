"""The panel of documents in Chromium, over a fake Rag."""

import threading
import time

import pytest
from ui_fakes import CORPUS, FakeRag, a_pdf, serving

pytestmark = pytest.mark.browser

ASKED, CATS = "设施平台一共有多少个？", "家里的猫叫什么名字？"
TEXT = "家里的猫叫什么名字，答案是花花。\n它今年三岁，喜欢吃鱼。"


@pytest.fixture
def rag():
    return FakeRag([CORPUS])


@pytest.fixture
def address(rag):
    with serving(lambda: rag, max_file_mb=0.5) as url:
        yield url


def choose(page, *files):
    """Chooses files of (name, bytes), and waits until the last has ended; the rows of all."""
    payload = [{"name": name, "mimeType": "application/octet-stream", "buffer": data} for name, data in files]
    before = page.locator(".job").count()
    page.locator("#documents .files").set_input_files(payload)
    ended = page.locator(".job[data-state=done], .job[data-state=failed]")
    page.wait_for_function("n => document.querySelectorAll('.job').length === n", arg=before + len(files))
    page.wait_for_function(
        "n => document.querySelectorAll('.job[data-state=done], .job[data-state=failed]').length === n",
        arg=before + len(files),
    )
    return [ended.nth(n) for n in range(before, before + len(files))]


def titles(page):
    return page.locator("#documents .list .title").all_inner_texts()


def test_add_ask_cite_choose_remove(open_page, ask, address):
    page = open_page(address)
    with page.expect_file_chooser() as chooser:
        page.locator("#documents .add").click()
    assert chooser.value.is_multiple()
    chooser.value.set_files(
        [{"name": "猫.pdf", "mimeType": "application/pdf", "buffer": a_pdf(TEXT, "", "第三页说鱼。")}]
    )
    job = page.locator(".job[data-state=done]")
    job.wait_for()
    assert job.locator(".name").inner_text() == "猫.pdf"
    assert "已收录" in job.inner_text() and "读出 2 页" in job.inner_text()
    assert job.locator(".notes li").all_inner_texts() == ["第 2 页没有文字：空白页，或是需要先做 OCR 的图片"]
    assert job.locator(".dropped summary").inner_text() == "略去页眉页脚等 2 行"
    job.locator(".dropped summary").click()
    assert "Page 1" in job.locator(".dropped li").first.inner_text()
    assert titles(page)[1] == "猫" and page.locator("#documents .count").inner_text() == "2"
    assert page.locator(".stock").inner_text().startswith("已收录 2 份资料")

    turn = ask(page, CATS)
    chip = turn.locator(".citation").first
    chip.click()
    page.locator("#reader mark").wait_for()
    assert page.locator("#reader mark").inner_text() == chip.get_attribute("data-quote") == TEXT.splitlines()[0]

    page.keyboard.press("Escape")
    page.locator("#documents .row", has_text="beijing").locator(".pick").check()
    assert page.locator("#chosen .what").inner_text() == "只在这些资料里查：北京怎样建设国际科技创新中心"
    assert page.locator("#documents .count").inner_text() == "1 / 2"
    turn = ask(page, CATS)
    assert turn.locator(".abstained").is_visible()
    assert turn.locator(".within").inner_text() == "只查了： 北京怎样建设国际科技创新中心"
    page.locator("#chosen .all").click()
    assert not page.locator("#chosen .only").is_visible()
    assert ask(page, CATS).locator(".citation").count() > 0

    row = page.locator("#documents .row", has_text="猫.pdf")
    row.hover()
    row.locator(".remove").click()
    page.locator("dialog.confirm .yes").click()
    row.wait_for(state="detached")
    assert ask(page, CATS).locator(".abstained").is_visible()
    first = page.locator(".turn").first
    first.locator(".citation.gone").first.wait_for()
    assert first.locator(".changed").is_visible() and not page.locator(".turn").nth(1).locator(".changed").count()
    assert first.locator(".citation").first.get_attribute("aria-label").startswith("来源 1，后来改动过或已移除")
    first.locator(".citation").first.click()
    page.locator("#reader .nothing").wait_for()
    assert page.locator("#reader mark").inner_text() == TEXT.splitlines()[0], "what it said when it was cited"


def test_removing_by_keyboard_asks_first(open_page, address):
    page = open_page(address)
    remove = page.locator("#documents .remove")
    page.locator("#documents .list .open").focus()
    page.keyboard.press("Tab")
    assert remove.evaluate("node => node === document.activeElement && getComputedStyle(node).opacity === '1'")
    page.keyboard.press("Enter")
    assert page.locator("dialog.confirm h2").inner_text() == "移除《北京怎样建设国际科技创新中心》？"
    assert page.evaluate("document.activeElement.className") == "no", "Enter alone removes nothing"
    page.keyboard.press("Escape")
    assert page.locator("dialog.confirm").is_hidden()
    assert remove.evaluate("node => node === document.activeElement")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert page.locator("dialog.confirm").is_hidden() and titles(page)
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    remove.wait_for(state="detached")
    page.locator("#documents .more").wait_for()
    assert page.evaluate("document.activeElement.className").startswith("find")
    assert page.locator(".stock").inner_text().startswith("还没有资料")


def test_what_cannot_be_added_is_one_line_each(open_page, address):
    page = open_page(address, locale="en-US", ready=".stock >> text=indexed")
    rows = choose(
        page,
        ("broken.pdf", b"%PDF-1.7 and nothing"),
        ("large.txt", b"x" * 500_001),
        ("tool.exe", b"MZ"),
        ("empty.txt", b""),
        ("good.txt", b"A good text about bees."),
    )
    lines = [row.locator(".problem").all_inner_texts() for row in rows]
    assert lines == [
        ["Not added: The file is damaged, or is not what its name says. Save it again, or get another copy."],
        ["Not added: larger than 0.5 MB."],
        ["Not added: files of this type are not read (.txt .md .markdown .html .htm .pdf .docx)."],
        ["Not added: The file is empty."],
        [],
    ]
    assert page.locator(".job .problem[role=alert]").count() == 4
    assert len(titles(page)) == 2
    page.locator(".job .dismiss").first.click()
    assert page.locator(".job").count() == 4
    page.locator("#documents .clear").click()
    assert page.locator("#documents .work").is_hidden()


def test_what_is_there_already_is_said_to_be(open_page, address):
    page = open_page(address)
    assert "已收录" in choose(page, ("a.txt", TEXT.encode()))[0].inner_text()
    assert "已替换旧版本" in choose(page, ("a.txt", (TEXT + "完。").encode()))[0].inner_text()
    assert len(titles(page)) == 2


def test_hostile_names_and_content_are_text(open_page, ask, address, rag):
    page = open_page(address)
    names = [
        "<img src=x onerror=hacked=1>.txt",
        "../../etc/passwd.md",
        "${hacked=1}{{hacked}}.txt",
        "a\"'><b onclick=x>.html",
    ]
    hostile = b"<script>hacked = 1</script> Attack <img src=x onerror='hacked = 1'> in a text\n"
    rows = choose(page, *((name, hostile + name.encode()) for name in names))
    assert [row.locator(".name").inner_text() for row in rows] == [names[0], "passwd.md", *names[2:]]
    assert {d.source for d in rag.documents.values()} >= {names[0], "passwd.md", names[2], names[3]}
    page.locator("#documents .find").fill("Attack")
    page.locator(".matches .open").first.wait_for()
    page.locator(".matches .open").first.click()
    page.locator("#reader mark").wait_for()
    page.keyboard.press("Escape")
    page.locator("#documents .remove").first.click(force=True)
    page.keyboard.press("Escape")
    page.locator("#documents .pick").first.check()
    ask(page, "Attack in a text")
    assert page.evaluate("typeof hacked") == "undefined"
    assert (
        page.evaluate("document.querySelectorAll('#documents img, #documents script, #documents b[onclick]').length")
        == 0
    )


def test_search_finds_titles_and_places(open_page, address):
    page = open_page(address)
    choose(page, ("猫.txt", (TEXT + "\n\n" + "花花睡了。\n\n" * 9).encode()))
    find = page.locator("#documents .find")
    find.fill("花花")
    page.locator("#documents .matches").wait_for()
    assert titles(page) == ["猫"]
    assert page.locator(".matches .open").count() == 3
    assert page.locator(".matches b").all_inner_texts() == ["花花"] * 3
    page.locator(".matches .open").nth(1).click()
    page.locator("#reader mark").wait_for()
    assert page.locator("#reader mark").inner_text() == "花花"
    page.keyboard.press("Escape")
    find.fill("没有这些字")
    page.locator("#documents .more").wait_for()
    assert titles(page) == []
    find.fill("")
    page.wait_for_function("() => document.querySelectorAll('#documents .row').length === 2")
    page.locator("#documents .row .open").nth(1).click()
    page.locator("#reader .document").wait_for()
    assert page.locator("#reader .name").inner_text() == "猫"


def test_asking_goes_on_while_a_file_is_added(open_page, ask, address, rag, monkeypatch):
    hold, ingest = threading.Event(), rag.ingest

    def slow(given, *, progress):
        progress("embed", 1, 4)
        hold.wait(20)
        return ingest(given, progress=progress)

    monkeypatch.setattr(rag, "ingest", slow, raising=False)
    page = open_page(address)
    page.locator("#documents .files").set_input_files(
        [{"name": "猫.txt", "mimeType": "text/plain", "buffer": TEXT.encode()}]
    )
    bar = page.locator(".job[data-state=embed] progress")
    bar.wait_for()
    assert bar.get_attribute("value") == "0.250" and page.locator(".job .state").inner_text() == "正在收录，1 / 4"
    began = time.monotonic()
    assert ask(page, ASKED).locator(".citation").count() == 2
    assert ask(page, CATS).locator(".abstained").is_visible()
    assert time.monotonic() - began < 10 and page.locator(".job[data-state=embed]").count() == 1
    page.reload()
    bar.wait_for()
    hold.set()
    page.locator(".job[data-state=done]").wait_for()
    assert ask(page, CATS).locator(".citation").count() > 0


def test_everybody_sees_the_change(open_page, ask, address):
    one, two = open_page(address), open_page(address)
    two.locator("#documents .pick").check()
    choose(one, ("猫.txt", TEXT.encode()))
    assert len(titles(two)) == 1
    ask(two, ASKED)
    two.wait_for_function("() => document.querySelectorAll('#documents .row').length === 2")
    assert two.locator("#documents .pick").first.is_checked() and two.locator(".job").count() == 0
    assert open_page(address).locator("#documents .row").count() == 2


def test_a_chosen_document_that_is_removed_elsewhere_is_chosen_no_more(open_page, ask, address, rag):
    page = open_page(address)
    choose(page, ("猫.txt", TEXT.encode()))
    page.locator("#documents .row", has_text="猫.txt").locator(".pick").check()
    rag.remove(next(id_ for id_, document in rag.documents.items() if document.source == "猫.txt"))
    turn = ask(page, CATS)
    assert turn.locator(".failed").inner_text().startswith("没能回答") and "请重新选择" in turn.inner_text()
    page.wait_for_function("() => document.querySelector('#chosen .only').hidden")
    assert ask(page, ASKED).locator(".citation").count() == 2


def test_files_can_be_dropped_anywhere(open_page, address):
    page = open_page(address)
    page.evaluate(
        """text => {
            window.held = new DataTransfer();
            held.items.add(new File([text], "猫.txt"));
            window.drag = (name) => document.querySelector("#talk").dispatchEvent(
                new DragEvent(name, { dataTransfer: held, bubbles: true, cancelable: true }));
            drag("dragenter");
        }""",
        TEXT,
    )
    assert page.locator(".drop").is_visible()
    page.evaluate("drag('drop')")
    assert page.locator(".drop").is_hidden()
    page.locator(".job[data-state=done]").wait_for()
    assert titles(page)[1] == "猫"


def test_read_only_shows_and_searches_but_changes_nothing(open_page, rag):
    with serving(lambda: rag, read_only=True) as url:
        page = open_page(url)
        assert page.locator("#documents .add").is_hidden() and page.locator("#documents .remove").count() == 0
        page.locator("#documents .find").fill("创新")
        page.locator("#documents .matches").wait_for()
        page.locator("#documents .pick").check()
        assert page.locator("#chosen .only").is_visible()


@pytest.mark.parametrize("locale", ["zh-CN", "en-US"])
def test_phone(open_page, address, locale):
    page = open_page(address, width=360, height=740, locale=locale, ready=".examples:visible")
    page.locator("#masthead .shelf").click()
    page.locator("#documents .add").wait_for()
    page.locator("#documents .files").set_input_files(
        [{"name": "很长的名字" * 20 + ".txt", "mimeType": "text/plain", "buffer": TEXT.encode()}]
    )
    page.locator(".job[data-state=done]").wait_for()
    page.locator("#documents .pick").first.check()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.evaluate("document.querySelector('#documents').scrollWidth") <= 360
    for button in page.locator("#documents button:visible, #documents input:visible").all():
        box = button.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 360
    page.keyboard.press("Escape")
    page.locator("#shelf").wait_for(state="hidden")
    box = page.locator("#chosen .only").bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 360
