"""What the README says is so: its Python runs, its commands and settings exist, its links lead somewhere."""

import argparse
import re
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from rag.cli import _parser
from rag.settings import Settings, variable

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.model
def test_python_of_the_readme_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ingest").symlink_to(ROOT / "ingest")
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    names: dict = {}
    exec(compile(code, "README.md", "exec"), names)
    assert "96所" in capsys.readouterr().out
    answer = names["rag"].ask("北京有多少所高校？")
    for citation in answer.citations:
        text = names["rag"].documents[citation.passage.document].text
        assert text[citation.start : citation.end] == citation.quote
    assert answer.citations


def test_make_targets_exist():
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for name in ("README.md", "CONTRIBUTING.md"):
        named = set(re.findall(r"(?:^|`|\s)make (\w+)(?=`|\s{2,}|\n)", (ROOT / name).read_text(encoding="utf-8")))
        assert named
        assert named <= targets, name


def commands() -> dict[str, argparse.ArgumentParser]:
    (subparsers,) = [a for a in _parser()._actions if isinstance(a, argparse._SubParsersAction)]
    return dict(subparsers.choices)


def test_every_command_is_listed_with_its_options():
    rows = dict(re.findall(r"^\| `rag ([\w-]+)[^|]*\|[^|]*\|([^|]*)\|$", README, re.MULTILINE))
    assert rows.keys() == commands().keys()
    for name, parser in commands().items():
        options = {action.option_strings[0] for action in parser._actions if action.option_strings} - {"-h"}
        assert set(re.findall(r"`(-[\w-]+)`", rows[name])) == options, name


def settings_table() -> str:
    meanings = re.findall(r"^    (\w+) +(\S.*)$", Settings.__doc__ or "", re.MULTILINE)
    assert [name for name, _ in meanings] == [field.name for field in fields(Settings)]
    default = {field.name: field.default for field in fields(Settings)}
    return "".join(
        f"| `{variable(n)}` | {f'`{default[n]}`' if default[n] != '' else ''} | {m} |\n" for n, m in meanings
    )


def test_settings_are_those_of_the_docstring():
    assert settings_table() in README, f"the table of settings should be:\n{settings_table()}"


@pytest.mark.parametrize(
    "file", [p.relative_to(ROOT).as_posix() for p in [*ROOT.glob("*.md"), *ROOT.glob("[a-z]*/*.md")]]
)
def test_links_lead_somewhere(file):
    text = (ROOT / file).read_text(encoding="utf-8")
    links = [link.split("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]
    assert [link for link in links if link and not ((ROOT / file).parent / link).exists()] == []


def test_every_dependency_is_explained():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = {re.match(r"[\w.-]+", line)[0] for line in project["project"]["dependencies"]}
    table = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([a-z0-9][^|]*) \|", table, re.MULTILINE)
    assert {name for row in rows for name in row.split(", ")} - {"package"} == wanted
