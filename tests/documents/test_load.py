"""Finding and loading files: every type by its content, every bad file one clear line."""

import io
import os
import socket
import time
import zipfile
from pathlib import Path

import docx
import pytest
from reportlab.pdfgen.canvas import Canvas

from rag.documents.load import find_files, load
from rag.errors import BadDocument


def write(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def a_pdf(text: str = "a page") -> bytes:
    buffer = io.BytesIO()
    canvas = Canvas(buffer)
    canvas.drawString(60, 700, text)
    canvas.save()
    return buffer.getvalue()


def a_docx() -> bytes:
    buffer = io.BytesIO()
    document = docx.Document()
    document.add_paragraph("正文")
    document.save(buffer)
    return buffer.getvalue()


def refusal(path: Path, max_mb: float = 40) -> str:
    """The one line that refuses a file."""
    start = time.perf_counter()
    with pytest.raises(BadDocument) as caught:
        load(path, max_mb)
    assert time.perf_counter() - start < 5
    line = str(caught.value)
    assert "\n" not in line
    line.encode()
    return line


# ---- find_files


def test_folders_are_read_in_a_stable_order(tmp_path: Path) -> None:
    names = [
        "b.txt",
        "a/z.md",
        "a/b.PDF",
        "a/.hidden.txt",
        ".git/c.txt",
        "c.docx",
        "d.jpg",
        "e.htm",
        "ü 汉字 🙂.markdown",
    ]
    for name in names:
        write(tmp_path / name, "x")
    files, problems = find_files([tmp_path])
    assert [file.relative_to(tmp_path).as_posix() for file in files] == [
        *("a/b.PDF", "a/z.md", "b.txt", "c.docx", "e.htm", "ü 汉字 🙂.markdown"),
    ]
    assert problems == []
    files, problems = find_files([tmp_path / "c.docx", tmp_path / "a", tmp_path / "c.docx", tmp_path / "a/z.md"])
    assert [file.name for file in files] == ["c.docx", "b.PDF", "z.md"]


def test_a_hidden_file_that_is_named_is_read(tmp_path: Path) -> None:
    path = write(tmp_path / ".hidden.txt", "x")
    assert find_files([path]) == ([path], [])


def test_links_do_not_loop_and_nothing_is_read_twice(tmp_path: Path) -> None:
    write(tmp_path / "a" / "one.txt", "x")
    (tmp_path / "a" / "loop").symlink_to(tmp_path / "a")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    (tmp_path / "c.txt").symlink_to(tmp_path / "a" / "one.txt")
    (tmp_path / "self.txt").symlink_to(tmp_path / "self.txt")
    (tmp_path / "gone.txt").symlink_to(tmp_path / "nowhere")
    outside = write(tmp_path.parent / f"{tmp_path.name}-outside" / "two.txt", "y")
    (tmp_path / "d").symlink_to(outside.parent)
    files, problems = find_files([tmp_path])
    assert [file.relative_to(tmp_path).as_posix() for file in files] == ["a/one.txt", "d/two.txt"]
    assert len(problems) == 2
    assert "gone.txt: does not exist" in problems[0]
    assert "self.txt: cannot be read" in problems[1]


def test_missing_and_unsupported_paths_are_problems(tmp_path: Path) -> None:
    good, picture, bare = (write(tmp_path / name, "x") for name in ("good.txt", "picture.jpg", "README"))
    files, problems = find_files([tmp_path / "missing.txt", picture, good, bare, Path("a\0b.txt")])
    assert files == [good]
    assert problems[0] == f"{tmp_path}/missing.txt: does not exist; check the path"
    assert problems[1].endswith(
        "picture.jpg: .jpg files are not read; supported are .txt .md .markdown .html .htm .pdf .docx"
    )
    assert "README: files without an extension are not read; supported are .txt" in problems[2]
    assert problems[3] == "a\\x00b.txt: is no valid path; check it"


def test_a_folder_that_may_not_be_read_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "closed" / "a.txt", "x")
    good = write(tmp_path / "good.txt", "x")
    listing = Path.iterdir

    def iterdir(self: Path) -> object:
        if self.name == "closed":
            raise PermissionError(13, "Permission denied")
        return listing(self)

    monkeypatch.setattr(Path, "iterdir", iterdir)
    files, problems = find_files([tmp_path])
    assert files == [good]
    assert problems == [f"{tmp_path}/closed: may not be read; change its permissions (chmod u+r)"]


# ---- load


def test_every_type_is_loaded(tmp_path: Path) -> None:
    contents: dict[str, str | bytes] = {
        "a.txt": "文本",
        "b.md": "# 标题\n\n正文",
        "c.html": "<h1>标题</h1>",
        "d.HTM": "<p>段落",
        "e.pdf": a_pdf(),
        "f.docx": a_docx(),
        "g.MARKDOWN": "正文",
    }
    extracts = [load(write(tmp_path / name, content), 40) for name, content in contents.items()]
    kinds = ["text", "markdown", "html", "html", "pdf", "docx", "markdown"]
    assert [extract.kind for extract in extracts] == kinds
    assert [extract.text for extract in extracts] == [
        "文本",
        "# 标题\n\n正文",
        "标题",
        "段落",
        "a page",
        "正文",
        "正文",
    ]
    assert extracts[0].source == str(tmp_path / "a.txt")


def test_content_decides_over_the_name(tmp_path: Path) -> None:
    for name, content, kind in (
        ("pdf.txt", a_pdf(), "pdf"),
        ("word.txt", a_docx(), "docx"),
        ("word.pdf", a_docx(), "docx"),
        ("page.txt", "\n<!DOCTYPE html><p>text", "html"),
        ("late.pdf", b"HTTP/1.1 200 OK\r\n\r\n" + a_pdf(), "pdf"),
        ("about.txt", "A file that mentions %PDF-1.7 is still text", "text"),
    ):
        assert load(write(tmp_path / name, content), 40).kind == kind, name


def test_the_encoding_is_noted(tmp_path: Path) -> None:
    text = "公园的湖边新修了一条木栈道。"
    assert load(write(tmp_path / "a.txt", text), 40).notes == ()
    extract = load(write(tmp_path / "b.txt", text.encode("gbk")), 40)
    assert (extract.text, extract.notes) == (text, ("read as gb18030",))
    extract = load(write(tmp_path / "c.md", (text * 9).encode() + b"\xff"), 40)
    assert extract.notes == ("1 unreadable characters stand as \ufffd",)


def test_names_of_any_kind(tmp_path: Path) -> None:
    for name in ("空 格 🙂.txt", "new\nline.txt", "quote'\"$(id).txt", "-rf.txt", "\u202etxt.txt"):
        path = write(tmp_path / name, "text")
        assert load(path, 40).text == "text"
        path.write_bytes(b"")
        assert refusal(path).endswith(": is empty (0 bytes); remove it or fill it")
    assert "new\\nline.txt: is empty" in refusal(tmp_path / "new\nline.txt")
    raw = Path(os.fsdecode(os.fsencode(tmp_path) + b"/gbk-\xb9\xab.txt"))  # a name that is not UTF-8
    extract = load(write(raw, "text"), 40)
    extract.source.encode()
    raw.write_bytes(b"")
    assert "gbk-\\xb9\\xab.txt: is empty" in refusal(raw)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("zero.txt", b"", "is empty (0 bytes)"),
        ("zero.pdf", b"", "is empty (0 bytes)"),
        ("blank.txt", " \n\t\u3000\r\n", "holds no text"),
        ("mark.txt", b"\xef\xbb\xbf", "holds no text"),
        ("empty.html", "<html><script>x</script></html>", "holds no text"),
        ("binary.txt", bytes(range(256)) * 40, "is binary, not text"),
        ("picture.txt", b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "is a PNG picture"),
        (
            "old.doc.docx",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
            "old Office file (.doc, .xls) or an encrypted",
        ),
        ("text.docx", "just text", "is no Word file although it is named so"),
        ("text.pdf", "just text", "is no PDF although it is named so"),
        ("broken.docx", b"PK\x03\x04rubbish", "damaged Word file"),
        ("broken.pdf", b"%PDF-1.4\nrubbish", "damaged PDF"),
    ],
)
def test_bad_files_are_refused_in_one_line(tmp_path: Path, name: str, content: str | bytes, words: str) -> None:
    path = write(tmp_path / name, content)
    line = refusal(path)
    assert line.startswith(f"{path}: ")
    assert words in line


def test_another_zip_is_no_document(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "sheet.txt", "w") as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
    assert "zip archive or another Office file" in refusal(tmp_path / "sheet.txt")


def test_a_large_file_is_refused_without_reading_it(tmp_path: Path) -> None:
    path = write(tmp_path / "large.txt", b"")
    os.truncate(path, 50_000_000)
    line = refusal(path)
    assert line == f"{path}: has 50 MB, the limit is 40 MB; split it or raise RAG_MAX_FILE_MB"
    small = write(tmp_path / "small.txt", "x" * 2000)
    assert "has 2000 bytes, the limit is 0.001 MB" in refusal(small, 0.001)


def test_a_file_just_below_the_limit_takes_seconds(tmp_path: Path) -> None:
    line = "公园的湖边新修了一条木栈道，全长约三公里。\n"
    path = write(tmp_path / "long.txt", line * (39_000_000 // len(line.encode())))
    start = time.perf_counter()
    assert load(path, 40).text.count("\n") == 39_000_000 // len(line.encode())
    assert time.perf_counter() - start < 10  # measured: 0.3 s


def test_what_is_no_regular_file_never_blocks(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    with socket.socket(socket.AF_UNIX) as listener:
        directory = os.open(tmp_path, os.O_RDONLY)
        here = Path.cwd()
        os.chdir(directory)  # the name of a socket has to be short
        listener.bind("socket.txt")
        os.chdir(here)
        os.close(directory)
        files, problems = find_files([tmp_path])
        assert files == []
        assert len(problems) == 2
        assert all("is no regular file" in problem for problem in problems)
        assert "is no regular file" in refusal(tmp_path / "pipe.txt")
        refusal(tmp_path / "socket.txt")
    (tmp_path / "folder.txt").mkdir()
    refusal(tmp_path / "folder.txt")
    refusal(Path("/dev/zero"))


def test_missing_and_unreadable_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert refusal(tmp_path / "missing.txt").endswith("missing.txt: does not exist; check the path")
    assert refusal(Path("a\0b.txt")) == "a\\x00b.txt: is no valid path; check it"
    path = write(tmp_path / "closed.txt", "text")
    if os.geteuid() == 0:  # root reads everything

        def denied(*_: object) -> int:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(os, "open", denied)
    else:
        path.chmod(0)
    assert refusal(path).endswith("closed.txt: may not be read; change its permissions (chmod u+r)")
