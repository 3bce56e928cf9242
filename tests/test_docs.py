"""The documentation says what is so: its pages are current, its links lead somewhere, its examples do what they say."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import tomli

from py314_check import config
from py314_check.cli import _DEFAULTS as DEFAULTS
from py314_check.discovery import DEFAULT_EXCLUDE
from py314_check.model import Finding, Target
from py314_check.registry import all_rules
from py314_check.scan import ScanSettings, Task, prepare, scan_file

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
WRITTEN = [page for page in PAGES if page.parent != DOCS / "rules"]
NAMES = {page: page.relative_to(ROOT).as_posix() for page in PAGES}

FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\w*)\n(?P<text>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!!)\[[^\]]*\]\((?P<target>[^)\s]+)\)")
OUR_FILE = re.compile(r"`(?P<path>(?:docs|rules|src|tests|examples|\.ci)/[\w./-]*)`")
LEFT_OUT = "[...]"


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def blocks(page: Path, language: str) -> list[str]:
    return [match["text"] for match in FENCE.finditer(text_of(page)) if match["language"] == language]


def snippets(language: str) -> list[object]:
    return [
        pytest.param(text, id=f"{NAMES[page]}-{number}")
        for page in WRITTEN
        for number, text in enumerate(blocks(page, language), start=1)
    ]


def run(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs Python without the caller's wishes about colours."""
    inherited = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env={**inherited, "PYTHONUTF8": "1", **environment},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def stripped(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines()]


# Pages.


def test_pages_of_the_rules_are_current() -> None:
    done = run(str(DOCS / "generate.py"), "--check", cwd=ROOT)
    assert (done.returncode, done.stdout) == (0, ""), f"run docs/generate.py: {done.stdout}{done.stderr}"


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub makes of the headings."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", text_of(page)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=NAMES.get)
def test_links_lead_somewhere(page: Path) -> None:
    prose = FENCE.sub("", text_of(page))
    for match in LINK.finditer(prose):
        if re.match(r"[a-z]+:", match["target"]):
            continue
        path, _, anchor = match["target"].partition("#")
        target = page if not path else page.parent / path
        assert target.exists(), match[0]
        assert not anchor or anchor in anchors(target), match[0]
    for match in OUR_FILE.finditer(prose):
        assert (ROOT / match["path"]).exists(), match[0]


# Snippets.


@pytest.mark.parametrize("text", snippets("toml"))
def test_toml_is_valid(text: str, tmp_path: Path) -> None:
    data = tomli.loads(text)
    if "py314-check" in data.get("tool", {}):
        (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
        assert config.load(tmp_path / "pyproject.toml")


@pytest.mark.parametrize("text", snippets("yaml"))
def test_yaml_is_valid(text: str) -> None:
    yaml = pytest.importorskip("yaml")
    data = yaml.safe_load(text)
    items = data if isinstance(data, list) else []
    hooks = [item for item in items if "id" in item]
    steps = [item for item in items if "id" not in item]
    if isinstance(data, dict):
        hooks += [hook for repository in data.get("repos", ()) for hook in repository["hooks"]]
        steps += [step for job in data.get("jobs", {}).values() for step in job["steps"]]
    manifest = yaml.safe_load(text_of(ROOT / ".pre-commit-hooks.yaml"))
    assert {hook["id"] for hook in hooks} <= {hook["id"] for hook in manifest}
    assert all(("run" in step) != ("uses" in step) for step in steps)
    assert hooks or steps


@pytest.mark.parametrize("text", snippets("python"))
def test_python_is_valid(text: str) -> None:
    compile(text, "snippet", "exec")


def test_every_configuration_key_is_described() -> None:
    rows = re.findall(r"^\| `([\w-]+)` \| (.*?) \| (.*?) \| .* \|$", text_of(DOCS / "configuration.md"), re.MULTILINE)
    assert [key for key, _, _ in rows if key in config.KEYS] == list(config.KEYS)
    for key, value, default in rows:
        kind = config.KEYS.get(key)
        if isinstance(kind, tuple):
            assert set(re.findall(r'`"([\w.]+)"`', value)) == set(kind), key
            assert default == f'`"{DEFAULTS[key]}"`', key
        elif key in config.KEYS and default.startswith("`"):
            assert tomli.loads(f"value = {default.strip('`')}")["value"] == DEFAULTS[key], key


def test_default_excludes_are_listed() -> None:
    (text,) = blocks(DOCS / "configuration.md", "text")
    assert tuple(text.split()) == DEFAULT_EXCLUDE


# Terminal output.


def transcripts(page: Path) -> Iterator[tuple[list[str], str]]:
    """The commands of ours that a page shows, and what it says that they print."""
    for text in blocks(page, "console"):
        command, _, output = text.partition("\n")
        program, _, arguments = command.partition("py314-check ")
        if output and program.startswith("$ "):
            yield arguments.split(), output


def assert_prints(shown: str, actual: str) -> None:
    """What is shown is what was printed, save lines that stand for some that were left out."""
    left = stripped(actual)
    pieces = [stripped(piece) for piece in re.split(rf"^{re.escape(LEFT_OUT)}\n", shown, flags=re.MULTILINE)]
    assert left[: len(pieces[0])] == pieces[0]
    assert left[len(left) - len(pieces[-1]) :] == pieces[-1]
    for piece in pieces:
        starts = [start for start in range(len(left)) if left[start : start + len(piece)] == piece]
        assert starts, "\n".join(["not printed, or not in this order:", *piece])
        left = left[starts[0] + len(piece) :]


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="paths in reports are relative to the directory of .git")
@pytest.mark.parametrize("page", [ROOT / "README.md", DOCS / "verdict.md"], ids=NAMES.get)
def test_pages_show_what_is_printed(page: Path) -> None:
    shown = list(transcripts(page))
    assert shown
    for arguments, output in shown:
        done = run("-m", "py314_check", *arguments, cwd=ROOT)
        assert done.stderr == ""
        assert_prints(output, done.stdout)


def test_readme_has_the_commands_that_ci_runs() -> None:
    lines = text_of(ROOT / "README.md").splitlines()
    for word in re.findall(r"\$\(readme '?([^')]+?)'? \w+\)", text_of(ROOT / ".ci" / "run")):
        assert len([line for line in lines if re.match(rf"python3 -m venv .*{word}", line)]) == 1, word


# Examples.


def findings(code: str) -> tuple[Finding, ...]:
    settings = ScanSettings(Target(), tuple(rule.code for rule in all_rules()))
    task = prepare("example.py", code.encode(), settings)
    result = scan_file(task, settings) if isinstance(task, Task) else task
    assert not result.notifications
    return result.findings


def guard_examples() -> Iterator[object]:
    section = ""
    for line in text_of(DOCS / "guards.md").splitlines():
        section = line.removeprefix("## ") if line.startswith("## ") else section
        row = re.match(r"\| (?P<what>.*?) \| (?P<code>`.*`) \|$", line)
        if row is not None:
            code = "\n".join(part[1:-1] for part in row["code"].split("<br>"))
            yield pytest.param(section, code, id=f"{section}: {row['what']}")


@pytest.mark.parametrize(("section", "code"), list(guard_examples()))
def test_guards_are_what_the_page_says(section: str, code: str) -> None:
    modules = "sys, sysconfig, typing, types, importlib.util, contextlib, platform, pytest, six"
    found = findings(f"import {modules}\n{code}\n")
    guarded = [finding.guard is not None for finding in found if finding.symbol == "cgi"]
    if section == "Dropped":
        assert guarded == []
    else:
        assert guarded
        assert all(guarded) is (section != "No guards")


def test_the_pack_of_the_page_works(tmp_path: Path) -> None:
    page = DOCS / "writing-rules.md"
    rule, app = blocks(page, "python")
    project = tomli.loads(blocks(page, "toml")[0])["project"]
    (group,) = project["entry-points"]
    (name, package), *_ = project["entry-points"][group].items()
    installed = tmp_path / "installed"
    metadata = installed / f"{package}-{project['version']}.dist-info"
    (installed / package).mkdir(parents=True)
    (installed / package / "__init__.py").touch()
    (installed / package / "old_client.py").write_text(rule, encoding="utf-8")
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[{group}]\n{name} = {package}\n")
    (tmp_path / "app.py").write_text(app, encoding="utf-8")
    ((arguments, output),) = transcripts(page)
    done = run("-m", "py314_check", "--isolated", *arguments, cwd=tmp_path, PYTHONPATH=str(installed))
    assert done.returncode == 1, done.stderr
    assert_prints(output, done.stdout)
    listed = run("-m", "py314_check", "explain", cwd=tmp_path, PYTHONPATH=str(installed)).stdout
    assert re.search(r"^ACM001 +old-client ", listed, re.MULTILINE)
