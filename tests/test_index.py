"""The index of the rules: it says what the rules say, holds while they are what they were, and is never needed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from binascii import crc32
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from py314_check import index, kept, registry
from py314_check.api import Rule
from py314_check.registry import RuleEntry, all_rules, describe
from py314_check.words import WordTest

PACK = "acme_rules"
RULE = '''
from py314_check.api import Confidence, Impact, Level, Rule, Words


class Frobnication(Rule):
    """Names that frobnicate."""

    code, name = "ACM001", "frobnication"
    level, impact, confidence = Level.ERROR, Impact.BREAKS, Confidence.HIGH
    words = (Words("frobnicate", test=lambda data: b"!" not in data),)

    def visit_Name(self, node):
        if node.value == "frobnicate":
            self.report(node, "This frobnicates.")
'''


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A directory of installed packages, in which there is a pack."""
    installed = tmp_path / "installed"
    (installed / PACK / "facts").mkdir(parents=True)
    (installed / PACK / "__init__.py").touch()
    (installed / PACK / "rule.py").write_text(RULE)
    (installed / PACK / "facts" / "facts.toml").write_text("a = 1\n")
    (installed / "acme-1.0.dist-info").mkdir()
    (installed / "acme-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    (installed / "acme-1.0.dist-info" / "entry_points.txt").write_text(f"[{registry.GROUP}]\nacme = {PACK}\n")
    return installed


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the index of this process is."""
    place = tmp_path / "cache" / "rules-test.json"
    monkeypatch.setattr(index, "_place", lambda: str(place))
    return place


# What it says.


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)
def test_an_entry_says_what_the_rule_says(rule: type[Rule]) -> None:
    entry = RuleEntry(json.loads(json.dumps(registry._row(rule))))
    assert entry.info == describe(rule)
    assert (entry.code, entry.languages, entry.since) == (rule.code, rule.languages, rule.since)
    assert entry.in_tests is rule.in_tests
    assert entry.rule is rule
    for ours, theirs in zip(entry.words, rule.words, strict=True):
        assert (ours.words, ours.imported, ours.quoted, ours.remarks) == (
            theirs.words,
            theirs.imported,
            theirs.quoted,
            theirs.remarks,
        )
        assert (ours.test is None) is (theirs.test is None)


def test_entries_pass_the_word_test_where_their_rules_do() -> None:
    entries = [RuleEntry(json.loads(json.dumps(registry._row(rule)))) for rule in all_rules()]
    by_entries, by_rules = WordTest(entries), WordTest(all_rules())
    sources = sorted((Path(__file__).parent / "fixtures").glob("*/*.py"))[::7]
    assert len(sources) > 20
    for source in sources:
        data = source.read_bytes()
        assert [entry.rule for entry in by_entries.candidates(data)] == by_rules.candidates(data)


def test_an_entry_that_does_not_fit_gives_way_to_the_packs() -> None:
    rule, other = all_rules()[:2]
    for wrong in ({"class": other.__qualname__, "module": other.__module__}, {"class": "None"}, {"module": "no.such"}):
        assert RuleEntry({**registry._row(rule), **wrong}).rule is rule


# How long it holds.


def test_what_was_written_is_read(place: Path, installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(installed)
    assert index.read() is None
    index.write([PACK], index.signature([PACK]), rules=[1, "é\udcff"])
    kept = index.read()
    assert kept is not None
    assert kept["rules"] == [1, "é\udcff"]


def _later(path: Path, text: str) -> None:
    """Writes a file of the same size at another time, as far as the file system can tell them apart."""
    path.write_text(text)
    os.utime(path, ns=(1, 1))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda root: (root / PACK / "new.py").touch(), id="a new module"),
        pytest.param(lambda root: (root / PACK / "rule.py").unlink(), id="a module less"),
        pytest.param(lambda root: (root / PACK / "rule.py").write_text(RULE + "#"), id="a longer module"),
        pytest.param(lambda root: _later(root / PACK / "rule.py", RULE.upper()), id="a module of the same size"),
        pytest.param(lambda root: _later(root / PACK / "facts" / "facts.toml", "a = 2\n"), id="another fact"),
        pytest.param(lambda root: (root / PACK / "facts" / "more.toml").touch(), id="a new table"),
        pytest.param(
            lambda root: (root / "acme-1.0.dist-info" / "entry_points.txt").write_text("[other]\n"),
            id="other entry points",
        ),
        pytest.param(lambda root: _another(root), id="another pack"),
        pytest.param(lambda root: sys.path.append(str(root / PACK)), id="another place for packs"),
    ],
)
def test_it_holds_while_the_packs_are_what_they_were(
    change: object, place: Path, installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(installed)
    index.write([PACK], index.signature([PACK]))
    (installed / PACK / "__pycache__").mkdir()
    (installed / PACK / "__pycache__" / "rule.pyc").touch()
    assert index.read() is not None, "bytecode is of no matter"
    assert callable(change)
    change(installed)
    assert index.read() is None


def _another(root: Path) -> None:
    (root / "other-1.0.egg-info").mkdir()
    (root / "other-1.0.egg-info" / "entry_points.txt").touch()


@pytest.mark.parametrize("package", ["no_such_package", "", "sys", "a b:c"])
def test_packages_that_have_no_files_have_no_index(package: str, place: Path) -> None:
    index.write([package], index.signature([package]))
    assert not place.exists()


# What is wrong with it.


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_is_corrupt_or_foreign_is_ignored(data: st.DataObject, place: Path) -> None:
    index.write(["py314_check"], index.signature(["py314_check"]), rules=[])
    whole = place.read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    junk = data.draw(st.one_of(st.binary(max_size=20), st.just(b"null\n"), st.just(whole[:at])))
    place.write_bytes(data.draw(st.sampled_from([junk, whole[:at] + junk + whole[at + len(junk) + 1 :]])))
    assert index.read() is None or place.read_bytes() == whole


@pytest.mark.parametrize("content", [b"null", b"[]", b"{}", b'{"signature": 1}', b'{"signature": 1, "packages": 2}'])
def test_what_has_another_shape_is_ignored(content: bytes, place: Path) -> None:
    place.parent.mkdir()
    place.write_bytes(b"%08x\n" % crc32(content) + content)
    assert index.read() is None


def test_old_ones_are_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(kept.MOST + 5):
        monkeypatch.setattr(index, "_place", lambda number=number: str(tmp_path / f"rules-{number}.json"))
        index.write(["py314_check"], index.signature(["py314_check"]))
        os.utime(tmp_path / f"rules-{number}.json", ns=(number, number))
    (tmp_path / "other.json").touch()
    assert len(list(tmp_path.glob("rules-*"))) == kept.MOST
    assert not (tmp_path / "rules-4.json").exists()
    assert (tmp_path / "other.json").exists()


# In a run.


def run(code: str, tmp_path: Path, *path: Path, cache: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Runs Python code that has the user's cache directory below ``tmp_path``."""
    where = str(cache or tmp_path / "cache")
    pythonpath = os.pathsep.join([*map(str, path), os.environ.get("PYTHONPATH", "")])
    variables = {"XDG_CACHE_HOME": where, "LOCALAPPDATA": where, "HOME": str(tmp_path), "PYTHONPATH": pythonpath}
    return subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **variables}, capture_output=True, text=True, cwd=tmp_path
    )


CHECK = (
    "from py314_check.cli import cli\n"
    "cli(['--isolated', '--no-cache', '--output-format', 'concise', 'app.py'], standalone_mode=False)\n"
)


def indexes(tmp_path: Path) -> list[Path]:
    return list(tmp_path.rglob("rules-*"))


def test_a_run_with_an_index_reports_what_one_without_does(tmp_path: Path, installed: Path) -> None:
    (tmp_path / "app.py").write_text("import cgi\nfrobnicate = 1\n")
    first, second = (run(CHECK, tmp_path, installed) for _ in range(2))
    assert len(indexes(tmp_path)) == 1
    assert first.stdout == second.stdout
    assert [line.split()[1] for line in first.stdout.splitlines()[:2]] == ["RMV001[error]", "ACM001[error]"]


def test_a_rule_that_changes_is_followed(tmp_path: Path, installed: Path) -> None:
    (tmp_path / "app.py").write_text("x.frobnicated, frobnicate, quux\n")
    assert run(CHECK, tmp_path, installed).stdout.count("ACM001") == 1
    (installed / PACK / "rule.py").write_text(RULE.replace('"frobnicate"', '"quux"'))
    assert "app.py:1:28: ACM001" in run(CHECK, tmp_path, installed).stdout


def test_a_pack_that_breaks_is_an_error_as_ever(tmp_path: Path, installed: Path) -> None:
    (tmp_path / "app.py").touch()
    assert run(CHECK, tmp_path, installed).stderr == ""
    (installed / PACK / "rule.py").write_text("1 / 0")
    for _ in range(2):
        assert (
            f"the rule pack 'acme' ({PACK}) does not load: ZeroDivisionError" in run(CHECK, tmp_path, installed).stderr
        )


def test_a_place_that_cannot_be_written_is_no_trouble(tmp_path: Path, installed: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "app.py").write_text("frobnicate\n")
    done = run(CHECK, tmp_path, installed, cache=tmp_path / "file")
    assert "ACM001" in done.stdout
    assert done.stderr == ""
    assert indexes(tmp_path) == []


def test_no_cache_directory_is_relative(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "cache")
    monkeypatch.setenv("LOCALAPPDATA", "cache")
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    with pytest.raises(OSError, match="no cache directory"):
        index._place()


LOADED = CHECK + "import sys\nprint(*sys.modules)\n"
NOT_LOADED = """
    libcst tree_sitter yaml tomli packaging pathspec importlib.metadata importlib.resources concurrent.futures
    multiprocessing email tempfile difflib logging zipfile socket py314_check.events py314_check.cache
    py314_check.contents py314_check.requirements py314_check.suppressions py314_check.languages.base
""".split()


def test_a_clean_run_loads_click_and_the_engine_and_little_more(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text('"""A module."""\n\nANSWER = 42\n')
    run(CHECK, tmp_path)
    loaded = set(run(LOADED, tmp_path).stdout.splitlines()[-1].split())
    before = set(run("import sys; print(*sys.modules)", tmp_path).stdout.split())
    packages = {name.partition(".")[0] for name in loaded - before}
    assert packages - sys.stdlib_module_names <= {"click", "py314_check", "py314_rules", "__mp_main__"}
    assert (loaded - before) & set(NOT_LOADED) == set()
    assert len([name for name in loaded if name.startswith("py314_rules.")]) < 20
