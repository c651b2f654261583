"""The wheel: what is in it, and that it works in a venv and a folder that know nothing of the checkout."""

import os
import re
import subprocess
import sys
import sysconfig
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def run(*command: str | Path, **options) -> str:
    # Nothing of the checkout may be found by way of PYTHONPATH.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "RAG_"))}
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, env=environment, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT)
    (built,) = folder.glob("*.whl")
    return built


def test_wheel_holds_every_file_of_the_library_and_nothing_else(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    about = f"cited_rag-{version('cited-rag')}.dist-info"
    files = {
        file.relative_to(ROOT / "src").as_posix()
        for file in (ROOT / "src" / "rag").rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    assert {name for name in names if not name.startswith(about)} == files
    assert {"rag/py.typed", "rag/answering/phrases.json", "rag/serving/widget/static/panel.js"} <= files
    assert f"{about}/licenses/LICENSE" in names


def installed(wheel: Path, tmp_path: Path) -> tuple[Path, Path]:
    """The Python of a new venv that has the wheel, and an empty folder to run it in."""
    venv, elsewhere = tmp_path / "venv", tmp_path / "elsewhere"
    elsewhere.mkdir()
    run(sys.executable, "-m", "venv", "--without-pip", venv)
    run(sys.executable, "-m", "pip", "--python", venv, "install", "--quiet", "--no-deps", "--no-index", wheel)
    site = Path(sysconfig.get_path("purelib", vars={"base": str(venv), "platbase": str(venv)}))
    # This environment's dependencies without its editable install: a .pth file in a folder named by one is not read.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    place = run(venv / "bin" / "python", "-c", "print(__import__('rag').__file__)", cwd=elsewhere)
    assert place.startswith(str(site))
    return venv / "bin" / "python", elsewhere


def test_wheel_works_from_another_folder(wheel, tmp_path):
    python, elsewhere = installed(wheel, tmp_path)
    helped = run(python.with_name("rag"), "--help", cwd=elsewhere)
    assert all(command in helped for command in ("ingest", "search", "ask", "documents", "models"))
    # A data file is found by way of the package.
    code = "from rag.answering.language import phrase; print(phrase('en', 'sources'))"
    assert run(python, "-c", code, cwd=elsewhere).strip()


@pytest.mark.model
def test_three_lines_of_the_readme_run_from_another_folder(wheel, tmp_path):
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert len([line for line in code.splitlines() if line]) == 3
    python, elsewhere = installed(wheel, tmp_path)
    (elsewhere / "ingest").symlink_to(ROOT / "ingest")
    assert "96所" in run(python, "-X", "utf8", "-c", code, cwd=elsewhere)
    assert (elsewhere / "index" / "manifest.json").exists()
