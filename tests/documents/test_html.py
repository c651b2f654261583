"""Web pages: what a reader sees, as blocks with headings; what nobody reads is left out and said so."""

import pytest

from rag.documents.html import read_html
from rag.records import Heading

PAGE = """<!DOCTYPE html><html><head><title> 湖边
 公园 </title><style>p {color: red}</style></head><body>
<header>站点名</header><nav><ul><li>首页</li></ul></nav>
<main><header><h1>湖边<em>公园</em></h1></header>
<p>第一段
   有<b>粗体</b>&nbsp;和 &lt;符号&gt; &amp; &#x4e2d;。<br>换行。</p>
<h2>设施</h2>
<ul><li>木栈道</li><li>长椅<ul><li>石椅</li></ul></li></ul>
<table><tr><th>项目</th><th>数量</th></tr><tr><td>长椅</td><td><p>40</p></td></tr></table>
<pre>  a
    b</pre>
<p hidden>看不见</p><p style="display: NONE">也看不见</p><div aria-hidden="true"><p>装饰</p></div>
<script>var x = "<p>脚本</p>";</script>
<p>末段</p></main><footer>版权</footer></body></html>"""


def test_a_page_becomes_blocks() -> None:
    extract = read_html(PAGE.encode(), "page.html")
    assert extract.text == (
        "湖边公园\n\n第一段 有粗体\xa0和 <符号> & 中。\n换行。\n\n设施\n\n- 木栈道\n- 长椅\n- 石椅\n\n"
        "项目 | 数量\n长椅 | 40\n\n  a\n    b\n\n末段"
    )
    assert extract.title == "湖边 公园"
    assert [(extract.text[h.start : h.end], h.level) for h in extract.headings] == [("湖边公园", 1), ("设施", 2)]
    assert extract.notes == ("left out: 1 footer, 1 header, 3 hidden, 1 nav",)
    assert extract.kind == "html"


def test_a_layout_table_is_read_cell_by_cell() -> None:
    page = (
        "<table><tr><td><p>左一</p><p>左二</p></td><td><h2>标题</h2>"
        "<table><tr><td>1</td><td>2</td></tr></table>尾</td></tr></table>"
    )
    extract = read_html(page.encode(), "x")
    assert extract.text == "左一\n\n左二\n\n标题\n\n1 | 2\n\n尾"
    assert extract.headings == (Heading(8, 10, 2),)


@pytest.mark.parametrize(
    ("declared", "encoding"), [("gb2312", "gb18030"), ("big5", "big5"), ("Shift_JIS", "cp932"), ("utf-8", "utf-8")]
)
def test_the_declared_encoding_is_used(declared: str, encoding: str) -> None:
    page = f"<html><head><meta http-equiv=Content-Type content='text/html; charset={declared}'></head><p>中文 café"
    data = page.replace("café", "").encode(encoding)
    assert read_html(data, "x").text == "中文"


def test_a_wrong_declaration_does_no_harm() -> None:
    data = '<meta charset="gb2312"><p>湖边公园新修了木栈道。'.encode()
    assert read_html(data, "x").text == "湖边公园新修了木栈道。"
    data = '<?xml version="1.0" encoding="utf-8"?><html><p>湖边公园新修了木栈道。'.encode("gbk")
    assert read_html(data, "x").text == "湖边公园新修了木栈道。"
    data = b"\xef\xbb\xbf" + '<meta charset="big5"><p>湖边'.encode()
    assert read_html(data, "x").text == "湖边"


def test_any_depth_is_read() -> None:
    page = "<div>" * 60_000 + "<b>深处</b>" + "</div>" * 60_000 + "<p>后面"
    assert read_html(page.encode(), "x").text == "深处\n\n后面"


def test_broken_markup_loses_no_text() -> None:
    page = "<p>a<p>b</div><div>c</i><table><tr><td>d<td>e<tr><td>g</table>f < h"
    assert read_html(page.encode(), "x").text == "a\n\nb\n\nc\n\nd | e\ng\n\nf < h"


def test_entities_are_not_expanded() -> None:
    bomb = '<!DOCTYPE html [<!ENTITY a "ha"><!ENTITY b "&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]><p>&b;&f;|'
    text = read_html(bomb.encode(), "x").text
    assert "haha" not in text
    assert "root:" not in text
