"""What the panel of documents shows and finds, without a browser."""

import io

import docx
import pytest
from ui_fakes import CORPUS, FakeRag, a_pdf

from rag.documents.load import read_bytes
from rag.errors import BadDocument
from rag.serving.browser import views
from rag.serving.browser.said import Said, said
from rag.serving.browser.shelf import MOST_MATCHES, Shelf, search
from rag.serving.browser.uploads import Job, Report, Uploads
from rag.serving.browser.warm import Warm

EVIL = "<script>hacked = 1</script><img src=x onerror=hacked=1>\"'"


@pytest.fixture
def rag(tmp_path):
    other = tmp_path / "bees.md"
    other.write_text("# Bees\n\nBees dance. A dance (of a kind) tells where.\nThey DANCE\nat noon. Dance!\n")
    return FakeRag([CORPUS, other])


@pytest.fixture
def warm(rag):
    warm = Warm(lambda: rag)
    warm.examples()
    return warm


def test_words_are_found_as_they_stand(rag):
    (bees,) = [document for document in rag.documents.values() if document.title == "Bees"]
    found = search(rag.documents, "DANCE")
    assert list(found) == [bees.id] and len(found[bees.id]) == MOST_MATCHES
    for match in found[bees.id]:
        assert bees.text[match.start : match.end] == match.text and match.text.lower() == "dance"
        assert match.before + match.text + match.after in bees.text
    assert search(rag.documents, "dance at") == {bees.id: search(rag.documents, "DANCE\n at")[bees.id]}
    assert list(search(rag.documents, "(of a kind)")) == [bees.id]
    assert search(rag.documents, ".*") == {}


def test_titles_and_file_names_are_found_but_no_folders(rag, tmp_path):
    (bees,) = [document for document in rag.documents.values() if document.title == "Bees"]
    assert search(rag.documents, "bees.md") == {bees.id: ()}
    assert search(rag.documents, tmp_path.name) == {}


def test_a_look_says_what_changed_since(rag, warm):
    shelf = Shelf(warm, None, 1)
    first = shelf.look({})
    assert "Bees" in first["list"] and "welcome.count" in first["welcome"]
    again = shelf.look({"version": first["version"]})
    assert "list" not in again and again["version"] == first["version"]
    bees = next(id_ for id_, document in rag.documents.items() if document.title == "Bees")
    rag.remove(bees)
    after = shelf.look({"version": first["version"], "cited": [bees, *rag.documents]})
    assert "Bees" not in after["list"] and after["gone"] == [bees]
    found = shelf.look({"version": after["version"], "find": " 创新中心 "})
    assert found["version"] != after["version"] and "matches" in found["list"]
    assert "documents.notFound" in shelf.look({"find": "no such words"})["list"]


def test_whatever_the_browser_asks_is_answered(warm):
    shelf = Shelf(warm, Uploads(warm.rag, 1), 1)
    for asked in [None, 3, [], "x", {"jobs": 3, "cited": "x", "find": [1], "version": {}}, {"jobs": [None, "x", []]}]:
        assert shelf.look(asked)["version"]
    assert shelf.look({"find": "x" * 10_000})["list"]
    for identity in [None, 3, [], "../../etc/passwd", {"id": 1}]:
        assert shelf.take_out(identity) == ""
    assert len(warm.rag().documents) == 2


def test_nothing_is_removed_where_the_documents_can_only_be_read(rag, warm):
    shelf = Shelf(warm, None, 1)
    assert shelf.limits() == {}
    assert shelf.take_out(next(iter(rag.documents))) == ""
    assert 'class="remove"' not in shelf.look({})["list"]
    assert 'class="remove"' in Shelf(warm, Uploads(warm.rag, 1), 1).look({})["list"]


def unreadable():
    buffer = io.BytesIO()
    docx.Document().save(buffer)
    yield "a.txt", b"", "problem.empty"
    yield "a.txt", b"  \n ", "problem.noText"
    yield "a.docx", buffer.getvalue(), "problem.noText"
    yield "a.pdf", a_pdf("", ""), "problem.scanned"
    yield "a.pdf", a_pdf("text", encrypt="secret"), "problem.encrypted"
    yield "a.pdf", b"%PDF-1.7", "problem.damaged"
    yield "a.pdf", b"text", "problem.damaged"
    yield "a.docx", b"text", "problem.damaged"
    yield "a.docx", b"PK\x03\x04 nothing", "problem.damaged"
    yield "a.xyz", b"text", "problem.type"
    yield "a", b"text", "problem.type"
    yield "a.txt", b"x" * 1_000_001, "problem.large"
    yield "a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "problem.other"
    yield "a.zip", b"PK\x03\x04 nothing", "problem.other"
    yield "a.png", b"\x89PNG", "problem.other"


@pytest.mark.parametrize(("name", "data", "key"), unreadable())
def test_what_the_readers_say_is_said_in_the_words_of_the_page(name, data, key):
    with pytest.raises(BadDocument) as error:
        read_bytes(name, data, 1)
    line = said(str(error.value), name)
    assert line.key == key
    for language in views.words().values():
        assert set(line.values) >= {p for p in ("megabytes", "limit") if "{" + p + "}" in language[key]}


def test_notes_are_said_in_the_words_of_the_page():
    extract = read_bytes("a.pdf", a_pdf("One line of text.", ""), 1)
    assert [said(note) for note in extract.notes] == [Said(extract.notes[0], "note.emptyPage", {"page": "2"})]
    (note,) = read_bytes("a.txt", "花花是一只猫，今年三岁了。".encode("gb18030"), 1).notes
    assert said(note).key == "note.encoding"
    assert said(f"unheard of {EVIL}") == Said(f"unheard of {EVIL}")


def test_hostile_names_and_lines_stay_text():
    report = Report("duplicate", EVIL, EVIL, 1, 1, (EVIL,), (), 0)
    for job in [
        Job(EVIL, EVIL, state="done", report=report),
        Job(EVIL, EVIL, state="failed", problem=f"{EVIL}: {EVIL}"),
    ]:
        html = views.job(job)
        assert "<script" not in html and "<img" not in html and "&lt;script&gt;" in html
