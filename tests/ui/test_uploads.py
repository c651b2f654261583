"""Files that are added behind who asks, without a browser: real documents and indexes, hashed characters as vectors."""

import threading
import time

import pytest
from fakes import HashingEmbedder
from ui_fakes import a_pdf

from rag import Rag
from rag.serving.browser.uploads import FullError, Uploads

MILL = "The old mill grinds forty tons of barley a year. It stands by the river."
SHOP = "The bakery opens at nine in the morning. It sells rye bread."


@pytest.fixture
def rag():
    return Rag.from_texts({"mill.txt": MILL}, embedder=HashingEmbedder())


def sources(rag):
    return [document.source for document in rag.documents.values()]


def ended(uploads, job, seconds=20.0):
    end = time.monotonic() + seconds
    while not (found := uploads.jobs([job.id])[0]).over:
        assert time.monotonic() < end, found
        time.sleep(0.01)
    return found


def added(uploads, name, data):
    uploads.reserve(len(data))
    return uploads.add(name, data)


def test_the_report_of_a_pdf(rag):
    uploads = Uploads(lambda: rag, 1)
    job = added(uploads, "shop.pdf", a_pdf(SHOP, "", "The shop has eleven ovens.", "Bread is sold until noon."))
    assert (job.state, job.over) == ("waiting", False)
    job = ended(uploads, job)
    assert (job.state, job.problem, job.report.change, job.report.pages) == ("done", "", "added", 3)
    assert job.report.notes == ("page 2 has no text (an empty page or a picture, which would need OCR)",)
    assert [(line.text, line.page, line.reason) for line in job.report.dropped] == [
        (f"Page {page}", page, "page number") for page in (1, 3, 4)
    ]
    assert job.report.passages == len(rag.passages) - 1 > 0
    assert job.report.document in rag.documents
    assert SHOP.split(".")[0] in rag.search("When does the bakery open?", 1)[0].passage.text


def test_what_is_there_already_is_said_to_be(rag):
    uploads = Uploads(lambda: rag, 1)
    assert ended(uploads, added(uploads, "mill.txt", MILL.encode())).report.change == "unchanged"
    copied = ended(uploads, added(uploads, "copy.txt", MILL.encode())).report
    assert (copied.change, copied.same_as) == ("duplicate", rag.documents[copied.document].title)
    assert ended(uploads, added(uploads, "mill.txt", SHOP.encode())).report.change == "changed"
    assert sources(rag) == ["mill.txt"]


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("a.pdf", b"%PDF-1.7 and nothing else", "a.pdf: is a damaged PDF"),
        ("a.exe", b"MZ", "a.exe: .exe files are not read"),
        ("a.txt", b"", "a.txt: is empty"),
        ("a.txt", b"x" * 1_000_001, "the limit is"),
        ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Office file"),
    ],
)
def test_a_file_that_fails_is_one_line_and_changes_nothing(rag, name, data, says, monkeypatch):
    monkeypatch.setattr(rag._keeper, "_settings", type(rag._keeper._settings)(max_file_mb=1))
    uploads = Uploads(lambda: rag, 40)
    job = ended(uploads, added(uploads, name, data))
    assert job.state == "failed" and says in job.problem and "\n" not in job.problem
    assert sources(rag) == ["mill.txt"]
    assert rag.search("What does the mill grind?", 1)[0].passage.text == MILL
    assert ended(uploads, added(uploads, "b.txt", SHOP.encode())).state == "done", "the next one is added"


def test_a_fault_of_the_program_ends_that_file_alone(rag, monkeypatch, caplog):
    ingest = rag.ingest
    monkeypatch.setattr(rag, "ingest", lambda *_, **__: 1 / 0)
    uploads = Uploads(lambda: rag, 1)
    job = ended(uploads, added(uploads, "a.txt", b"x"))
    assert (job.state, job.problem) == ("failed", "") and "ZeroDivisionError" in caplog.text
    monkeypatch.setattr(rag, "ingest", ingest)
    assert ended(uploads, added(uploads, "b.txt", SHOP.encode())).state == "done"


def test_removing_goes_before_files_that_wait_and_names_an_id(rag, monkeypatch):
    hold, ingest = threading.Event(), rag.ingest

    def slow(given, **options):
        hold.wait(10)
        return ingest(given, **options)

    monkeypatch.setattr(rag, "ingest", slow)
    uploads = Uploads(lambda: rag, 1)
    first, second = added(uploads, "a.txt", b"One apple."), added(uploads, "b.txt", b"Two pears.")
    (identity,) = rag.documents
    removal = uploads.remove(identity, "Mill")
    hold.set()
    assert ended(uploads, removal).state == "done"
    assert ended(uploads, first).state == ended(uploads, second).state == "done"
    assert sources(rag) == ["a.txt", "b.txt"]
    assert ended(uploads, uploads.remove("../../etc/passwd", "x")).state == "done"
    assert sources(rag) == ["a.txt", "b.txt"]


def test_what_waits_in_memory_is_limited_and_given_back(rag, monkeypatch):
    hold, ingest = threading.Event(), rag.ingest
    monkeypatch.setattr(rag, "ingest", lambda *a, **k: hold.wait(10) and ingest(*a, **k))
    uploads = Uploads(lambda: rag, 0.001)  # 4 files of 1000 bytes
    jobs = [added(uploads, f"{n}.txt", bytes([65 + n]) * 999) for n in range(4)]
    with pytest.raises(FullError):
        uploads.reserve(999)
    hold.set()
    assert all(ended(uploads, job).state == "done" for job in jobs)
    end = time.monotonic() + 5
    while uploads._held and time.monotonic() < end:
        time.sleep(0.01)
    uploads.reserve(4000)
    uploads.give_back(4000)


def test_who_asks_does_not_wait_and_is_answered_from_the_old_index(rag, monkeypatch):
    embedding, hold = threading.Event(), threading.Event()
    embed = rag.embedder.embed_passages

    def slow(texts, progress=None):
        embedding.set()
        hold.wait(20)
        return embed(texts, progress)

    monkeypatch.setattr(rag.embedder, "embed_passages", slow)
    uploads = Uploads(lambda: rag, 1)
    job = added(uploads, "shop.txt", SHOP.encode())
    assert embedding.wait(10)
    began = time.perf_counter()
    answer = rag.ask("What does the mill grind?")
    assert answer.hits[0].passage.text == MILL and time.perf_counter() - began < 2
    assert sources(rag) == ["mill.txt"] and not uploads.jobs([job.id])[0].over
    hold.set()
    assert ended(uploads, job).state == "done" and sources(rag) == ["mill.txt", "shop.txt"]


def test_progress_is_of_the_texts_that_are_embedded(rag, monkeypatch):
    seen = []
    uploads = Uploads(lambda: rag, 1)
    change = uploads._set
    monkeypatch.setattr(uploads, "_set", lambda job, **fields: (seen.append(fields), change(job, **fields)))
    ended(uploads, added(uploads, "shop.txt", SHOP.encode()))
    assert seen[0]["state"] == "read" and seen[-1]["state"] == "done"
    embedded = [step for step in seen if step["state"] == "embed"]
    assert embedded and embedded[-1]["done"] == embedded[-1]["total"] == 3


def test_afterwards_it_is_told_once_for_a_batch(rag):
    told = threading.Semaphore(0)
    uploads = Uploads(lambda: rag, 1, told.release)
    ended(uploads, added(uploads, "shop.txt", SHOP.encode()))
    assert told.acquire(timeout=5)
    ended(uploads, added(uploads, "shop.txt", SHOP.encode()))
    assert not told.acquire(timeout=0.3), "nothing changed"


def test_only_so_many_jobs_are_remembered(rag, monkeypatch):
    monkeypatch.setattr("rag.serving.browser.uploads._REMEMBERED", 3)
    uploads = Uploads(lambda: rag, 1)
    jobs = [uploads.remove("nothing", str(n)) for n in range(3)]
    for job in jobs:
        ended(uploads, job)
    last = uploads.remove("nothing", "last")
    assert [job.name for job in uploads.jobs([job.id for job in [*jobs, last]])] == ["1", "2", "last"]
    assert uploads.jobs(["unknown"]) == []
