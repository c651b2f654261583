"""Markdown: the text stays; headings are where CommonMark sees them."""

import time

from rag.documents.markdown import read_markdown

TEXT = """---
title: "湖边公园"
tags: [a]
---
# 一、概况 #

段落 # 不是标题

Setext 标题
两行
===

次级
---

```python
# 代码
```

    # 缩进代码

<!--
# 注释
-->

> ## 引文里的 *标题* ##
- ### 列表里的标题

#没有空格
####### 七级
##
### C# 语言
"""


def test_headings_have_the_ranges_of_their_words() -> None:
    extract = read_markdown(TEXT, "a.md")
    assert extract.text == TEXT
    assert [(TEXT[h.start : h.end], h.level) for h in extract.headings] == [
        ("一、概况", 1),
        ("Setext 标题\n两行", 1),
        ("次级", 2),
        ("引文里的 *标题*", 2),
        ("列表里的标题", 3),
        ("C# 语言", 3),
    ]


def test_the_title() -> None:
    assert read_markdown(TEXT, "a.md").title == "湖边公园"
    assert read_markdown("## 小\n\n# 大\n", "a.md").title == "大"
    assert read_markdown("没有标题。\n", "a.md").title is None
    rule = read_markdown("---\n\n段落\n\n---\n# 标题\n", "a.md")  # a rule, not front matter
    assert rule.text[rule.headings[0].start : rule.headings[0].end] == "标题"


def test_a_large_file_takes_seconds() -> None:
    text = "# 标题\n\n" + "湖边的路很长，走一圈要一个小时。\n" * 20 + "\n"
    text *= 8_000_000 // len(text.encode())
    start = time.perf_counter()
    assert len(read_markdown(text, "a.md").headings) == text.count("#")
    assert time.perf_counter() - start < 20  # measured: 2 s
