"""Word files: everything in the body, in order, with headings by style in any language."""

import io
import zipfile

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from rag.documents.docx import read_docx
from rag.documents.extract import Extract
from rag.errors import BadDocument


def saved(document: object) -> bytes:
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def headings(extract: Extract) -> list[tuple[str, int]]:
    return [(extract.text[h.start : h.end], h.level) for h in extract.headings]


def test_paragraphs_tables_lists_and_headings_in_order() -> None:
    document = docx.Document()
    document.add_heading("湖边公园", 0)
    document.add_heading("概况", 1)
    document.add_paragraph("第一段。\t有制表符").add_run("\n新行")
    table = document.add_table(2, 2)
    for cell, text in zip((c for row in table.rows for c in row.cells), ("项目", "数量", "长椅", ""), strict=True):
        cell.text = text
    inner = table.cell(1, 1).add_table(1, 2)
    inner.cell(0, 0).text, inner.cell(0, 1).text = "四", "十"
    document.add_paragraph("木栈道", style="List Bullet")
    document.add_heading("设施", 2)
    document.add_paragraph("末段。")
    document.sections[0].header.paragraphs[0].text = "页眉"
    document.sections[0].footer.paragraphs[0].text = "页脚"
    extract = read_docx(saved(document), "a.docx")
    assert extract.text == (
        "湖边公园\n\n概况\n\n第一段。\t有制表符\n新行\n\n项目 | 数量\n长椅 | 四 十\n\n- 木栈道\n\n设施\n\n末段。"
    )
    assert headings(extract) == [("湖边公园", 1), ("概况", 2), ("设施", 3)]
    assert (extract.kind, extract.title) == ("docx", "湖边公园")


def test_localised_and_derived_styles() -> None:
    document = docx.Document()
    styles = document.styles
    derived = styles.add_style("我的小标题", 1)
    derived.base_style = styles["Heading 3"]
    outlined = styles.add_style("章", 1)
    outlined.element.get_or_add_pPr().append(parse_xml(f'<w:outlineLvl {nsdecls("w")} w:val="1"/>'))
    localised = styles.add_style("x", 1)
    localised.element.find(localised.element.nsmap and "{*}name").set(
        "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}val", "标题 4"
    )
    for style, text in ((derived, "派生"), (outlined, "大纲"), (localised, "本地")):
        document.add_paragraph(text, style=style)
    direct = document.add_paragraph("直接")
    direct._p.get_or_add_pPr().append(parse_xml(f'<w:outlineLvl {nsdecls("w")} w:val="0"/>'))
    document.core_properties.title = "文件 标题"
    extract = read_docx(saved(document), "a.docx")
    assert headings(extract) == [("派生", 3), ("大纲", 2), ("本地", 4), ("直接", 1)]
    assert extract.title == "文件 标题"


def test_revisions_content_controls_text_boxes_and_links() -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("原有")
    w = nsdecls("w")
    paragraph._p.append(parse_xml(f'<w:ins {w} w:id="1" w:author="a"><w:r><w:t>新增</w:t></w:r></w:ins>'))
    paragraph._p.append(parse_xml(f'<w:del {w} w:id="2" w:author="a"><w:r><w:delText>删去</w:delText></w:r></w:del>'))
    paragraph._p.append(parse_xml(f'<w:hyperlink {w} w:anchor="x"><w:r><w:t>链接</w:t></w:r></w:hyperlink>'))
    box = "<w:txbxContent><w:p><w:r><w:t>框内</w:t></w:r></w:p></w:txbxContent>"
    mc = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    paragraph._p.append(
        parse_xml(
            f"<w:r {w} {mc}><mc:AlternateContent><mc:Choice Requires='wps'>{box}</mc:Choice>"
            f"<mc:Fallback>{box}</mc:Fallback></mc:AlternateContent></w:r>"
        )
    )
    control = f"<w:sdt {w}><w:sdtContent><w:p><w:r><w:t>控件里的段落</w:t></w:r></w:p></w:sdtContent></w:sdt>"
    paragraph._p.addnext(parse_xml(control))
    assert read_docx(saved(document), "a.docx").text == "原有新增链接\n\n框内\n\n控件里的段落"


def test_footnotes_follow_their_paragraph() -> None:
    document = docx.Document()
    w = nsdecls("w")
    document.add_paragraph("正文")._p.append(parse_xml(f'<w:r {w}><w:footnoteReference w:id="2"/></w:r>'))
    document.add_paragraph("下一段")
    part = docx.opc.part.Part(
        docx.opc.packuri.PackURI("/word/footnotes.xml"),
        "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml",
        f'<w:footnotes {w}><w:footnote w:type="separator" w:id="0"><w:p><w:r><w:t>线</w:t></w:r></w:p></w:footnote>'
        f'<w:footnote w:id="2"><w:p><w:r><w:t>脚注</w:t></w:r></w:p></w:footnote></w:footnotes>'.encode(),
        document.part.package,
    )
    document.part.relate_to(part, "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes")
    assert read_docx(saved(document), "a.docx").text == "正文\n\n脚注\n\n下一段"


def test_damaged_and_huge_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    document = docx.Document()
    document.add_paragraph("正文")
    data = saved(document)
    for bad in (data[: len(data) // 2], b"PK\x03\x04rubbish"):
        with pytest.raises(BadDocument, match="damaged"):
            read_docx(bad, "a.docx")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("word/document.xml", "<broken")
    with pytest.raises(BadDocument, match="no readable Word file"):
        read_docx(buffer.getvalue(), "a.docx")
    monkeypatch.setattr("rag.documents.docx._MOST_UNPACKED", 1000)
    with pytest.raises(BadDocument, match="unpacks to"):
        read_docx(data, "a.docx")
