"""Cargo files: which versions a requirement allows, and which a project builds with."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.scanning import scan_source
from hypothesis import given
from hypothesis import strategies as st

from py314_check.cargo import Cargo, read_requirement
from py314_check.manifests import Manifests
from py314_check.model import Crate, Target

# As `cargo` documents them: https://doc.rust-lang.org/cargo/reference/specifying-dependencies.html
REQUIREMENTS = {
    "1.2.3": ("1.2.3", "2.0.0"),
    "1.2": ("1.2.0", "2.0.0"),
    "1": ("1.0.0", "2.0.0"),
    "0.2.3": ("0.2.3", "0.3.0"),
    "0.2": ("0.2.0", "0.3.0"),
    "0.0.3": ("0.0.3", "0.0.4"),
    "0.0": ("0.0.0", "0.1.0"),
    "0": ("0.0.0", "1.0.0"),
    "^0.22.5": ("0.22.5", "0.23.0"),
    "~1.2.3": ("1.2.3", "1.3.0"),
    "~1.2": ("1.2.0", "1.3.0"),
    "~1": ("1.0.0", "2.0.0"),
    "1.*": ("1.0.0", "2.0.0"),
    "0.22.*": ("0.22.0", "0.23.0"),
    "=0.23": ("0.23.0", "0.24.0"),
    "=0.23.3": ("0.23.3", "0.23.4"),
    ">=0.22, <0.24": ("0.22.0", "0.24.0"),
    "> 0.22.1 , <= 0.24": ("0.22.1", "0.25.0"),
    ">0.22": ("0.23.0", None),
    "<0.24.2": ("0.0.0", "0.24.2"),
    ">=0.22": ("0.22.0", None),
    "*": ("0.0.0", None),
    "1.0.0-rc.1": ("1.0.0", "2.0.0"),
}


@pytest.mark.parametrize(("text", "expected"), REQUIREMENTS.items())
def test_requirements(text: str, expected: tuple[str, str | None]) -> None:
    allowed = read_requirement(text)
    assert allowed is not None
    assert ".".join(map(str, allowed.lowest)) == expected[0]
    assert expected[1] is None or ".".join(map(str, allowed.before)) == expected[1]
    assert allowed.shuts_out((1, 0)) is (expected[1] is not None and expected[1] < "1.0.1")


@pytest.mark.parametrize("text", ["", "latest", "{version}", "0.22 0.23", ","])
def test_no_requirements(text: str) -> None:
    assert text == "0.22 0.23" or read_requirement(text) is None


@given(st.text("0123456789.^~=<>*, vx-", max_size=30) | st.text(max_size=10))
def test_any_text_is_a_requirement_or_none(text: str) -> None:
    read_requirement(text)


OPT_IN = Crate("pyo3", since=(0, 23), before=(0, 28))
BUILDS = {
    "within": ('[dependencies]\npyo3 = "0.25"', "", True),
    "too old": ('[dependencies]\npyo3 = "0.22"', "", False),
    "too new": ('[dependencies]\npyo3 = "0.28"', "", False),
    "the newest that is allowed": ('[dependencies]\npyo3 = ">=0.20"', "", False),
    "up to a version": ('[dependencies]\npyo3 = ">=0.20, <=0.27.2"', "", True),
    "locked": ('[dependencies]\npyo3 = ">=0.20"', "0.26.0", True),
    "locked to an older one": ('[dependencies]\npyo3 = ">=0.20"', "0.22.6", False),
    "another crate": ('[dependencies]\npyo3-log = "0.25"', "", False),
    "a table": ('[dependencies.pyo3]\nversion = "0.25"\nfeatures = ["abi3"]', "", True),
    "renamed": ('[dependencies]\npython = { package = "pyo3", version = "0.25" }', "", True),
    "another of the name": ('[dependencies]\npyo3 = { package = "not-pyo3", version = "0.25" }', "", False),
    "for some targets": ("[target.'cfg(unix)'.dependencies]\npyo3 = \"0.25\"", "", True),
    "for tests": ('[dev-dependencies]\npyo3 = "0.25"', "", False),
    "from elsewhere": ('[dependencies]\npyo3 = { git = "https://github.com/PyO3/pyo3" }', "", None),
    "from elsewhere, locked": ('[dependencies]\npyo3 = { path = "../pyo3" }', "0.25.1", True),
    "unheard of": ('[dependencies]\npyo3 = "newest"', "", None),
    "not TOML": ("[dependencies", "", False),
    "not tables": ('dependencies = ["pyo3"]\ntarget = 1\nworkspace = "x"', "", False),
}


@pytest.mark.parametrize(("manifest", "locked", "expected"), BUILDS.values(), ids=BUILDS)
def test_what_a_project_builds_with(tmp_path: Path, manifest: str, locked: str, expected: bool | None) -> None:
    (tmp_path / "Cargo.toml").write_text(manifest)
    if locked:
        (tmp_path / "Cargo.lock").write_text(f'[[package]]\nname = "pyo3"\nversion = "{locked}"\n')
    assert Cargo(Manifests(tmp_path)).builds_with(tmp_path / "src" / "lib.rs", OPT_IN) is expected


def test_tests_and_examples_are_no_part_of_the_library(tmp_path: Path) -> None:
    (tmp_path / "Cargo.toml").write_text('[dependencies]\npyo3 = "0.25"\n')
    cargo = Cargo(Manifests(tmp_path))
    assert cargo.builds_with(tmp_path / "src" / "tests" / "lib.rs", OPT_IN) is True
    assert cargo.builds_with(tmp_path / "tests" / "test_module.rs", OPT_IN) is False
    assert cargo.builds_with(tmp_path / "examples" / "embed.rs", OPT_IN) is False


def test_without_cargo_files_nothing_is_told(tmp_path: Path) -> None:
    assert Cargo(Manifests(tmp_path)).builds_with(tmp_path / "lib.rs", OPT_IN) is None


def test_all_targets_have_their_versions_of_pyo3() -> None:
    from py314_rules.native.pyo3 import ROWS

    assert {Target.parse(one).release for one in Target.CHOICES} == ROWS.keys()


def _found(manifest: str, target: str) -> list[tuple[str, bool]]:
    findings = scan_source(manifest, path="Cargo.toml", target=target, codes="EXT311").findings
    return [(one.impact.value, one.free_threading) for one in findings]


TOO_OLD = [
    ("0.21", ("3.13", "3.13t", "3.14", "3.14t", "3.15", "3.15t")),
    ("0.22", ("3.13t", "3.14", "3.14t", "3.15", "3.15t")),
    ("0.23", ("3.14", "3.14t", "3.15", "3.15t")),
    ("0.25", ("3.15", "3.15t")),
    ("0.29", ()),
]


@pytest.mark.parametrize(("version", "targets"), TOO_OLD)
def test_each_row_fires(version: str, targets: tuple[str, ...]) -> None:
    found = {target: _found(f'[dependencies]\npyo3 = "{version}"\n', target) for target in Target.CHOICES}
    assert {target for target, findings in found.items() if findings} == set(targets)
    assert all(findings in ([], [("breaks", False)]) for findings in found.values())


def test_the_stable_abi_is_about_free_threading() -> None:
    manifest = '[dependencies]\npyo3 = { version = "0.22", features = ["abi3"] }\n'
    assert _found(manifest, "3.14") == [("blocks-free-threading", True)]
    assert _found(manifest, "3.14t") == [("breaks", False)]


BROKEN = [
    "[dependencies",
    '{{ name }}\npyo3 = "0.20"',
    "pyo3 = 1\n\x00",
    "[dependencies]\npyo3 = 22\n",
    '[a]\n"pyo3" = [[',
    'dependencies = ["pyo3"]\n',
    "[target]\nx = 1\n[dependencies]\npyo3 = []\n",
    "[dependencies.pyo3]\nfeatures = 1\n",
]


@pytest.mark.parametrize("text", BROKEN)
def test_broken_manifests_make_no_findings(text: str) -> None:
    result = scan_source(text, path="Cargo.toml")
    assert result.findings == ()
    assert all("internal error" not in note.message for note in result.notifications)


@given(st.text(st.sampled_from('[]{}=",.#\n pyo3dependencies01'), max_size=80))
def test_any_manifest_is_read(text: str) -> None:
    result = scan_source(f"# pyo3\n{text}", path="Cargo.toml")
    assert all("internal error" not in note.message for note in result.notifications)
