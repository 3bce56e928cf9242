"""Rust: attributes, what rules may ask, what is left alone, and bad input."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest
from helpers.scanning import scan_source
from hypothesis import given
from hypothesis import strategies as st

from py314_check.languages.native.foreign import why_foreign
from py314_check.languages.parsing import Deadline
from py314_check.languages.rust import context as rust
from py314_check.languages.rust.attributes import holds, read, unfolded
from py314_check.model import Target
from py314_check.run import Options, check
from py314_check.source import SourceFile

FREE_THREADED = Target((3, 14), free_threaded=True)
MODULE = b"use pyo3::prelude::*;\n#[pymodule]\nfn fast(m: &Bound<'_, PyModule>) -> PyResult<()> {\n    Ok(())\n}\n"

# Attributes


def test_attributes_are_read_with_their_arguments() -> None:
    (one, two) = read('pyo3::pymodule(name = "a, (b)", gil_used = false), cfg(all(a, not(feature = "x")))')
    assert (one.name, [(each.name, each.value) for each in one.arguments]) == (
        "pymodule",
        [("name", '"a, (b)"'), ("gil_used", "false")],
    )
    assert two.arguments[0].arguments[1].arguments[0].value == '"x"'
    assert read("") == []
    assert [one.name for one in read("a)]}, b((c")] == ["a", "b"]


CONDITIONS = {
    "Py_GIL_DISABLED": True,
    "not(Py_GIL_DISABLED)": False,
    "Py_3_14": True,
    "Py_3_15": False,
    "Py_LIMITED_API": False,
    "PyPy": False,
    "not(any(PyPy, GraalPy))": True,
    "test": False,
    "all(unix, Py_3_15)": False,
    "all(unix, Py_3_14)": None,
    "any(unix, Py_3_14)": True,
    "any(unix, Py_3_15)": None,
    "not(unix)": None,
    "any()": False,
    "all()": True,
    "not(a, b)": None,
    'feature = "python"': None,
    "unheard_of": None,
}


@pytest.mark.parametrize(("condition", "expected"), CONDITIONS.items())
def test_conditions(condition: str, expected: bool | None) -> None:
    assert holds(read(condition)[0], FREE_THREADED) is expected


def test_conditions_of_other_builds() -> None:
    (limited, disabled) = read("Py_LIMITED_API, Py_GIL_DISABLED")
    assert holds(limited, Target()) is None
    assert holds(disabled, Target()) is False


def test_conditional_attributes_are_unfolded() -> None:
    found = unfolded(read("cfg_attr(Py_3_15, a), cfg_attr(unix, b, cfg_attr(Py_3_14, c)), cfg_attr"), FREE_THREADED)
    assert [one.name for one in found] == ["b", "c"]


# What rules may ask


def _context(text: str, target: Target = FREE_THREADED) -> rust.RustContext:
    source = SourceFile("lib.rs", "rust", text.encode(), text)
    deadline = Deadline()
    return rust.RustContext(source, rust._read(source, rust._NEEDED, deadline), target, deadline)


def _functions(text: str, target: Target = FREE_THREADED) -> list[str]:
    context = _context(text, target)
    return [context.name(node) for node in context.items("function_item")]


def test_what_a_build_leaves_out() -> None:
    text = """
        #[cfg(not(Py_GIL_DISABLED))] // with the GIL
        /// Documented.
        fn a() {}
        fn b() { #[cfg(test)] { fn c() {} } fn d() {} }
        #[cfg(test)]
        mod tests { mod deeper { fn e() {} } #[cfg(Py_GIL_DISABLED)] fn f() {} }
        #[tokio::test]
        async fn g() {}
        mod inner { #![cfg(PyPy)] fn h() {} }
        #[cfg(feature = "x")]
        fn i() {}
        #[cfg_attr(unix, cfg(Py_3_15))]
        fn j() {}
    """
    assert _functions(text) == ["b", "d", "i"]
    assert _functions(text, Target((3, 15))) == ["a", "b", "d", "i", "j"]
    assert _functions("#![cfg(test)]\nfn a() {}") == []


def test_paths_are_resolved_through_imports() -> None:
    context = _context("""
        use pyo3::{sync::{self, GILProtected as P}, prelude::*};
        use std::cell::RefCell;
        struct Own;
    """)
    assert context.resolve("P") == "pyo3::sync::GILProtected"
    assert context.resolve("sync::GILOnceCell") == "pyo3::sync::GILOnceCell"
    assert context.resolve("RefCell") == "std::cell::RefCell"
    assert context.resolve("Own") == "self::Own"
    assert context.resolve("Other::X") == "Other::X"


WRITES = """
A = 1
A += 1
A[0].x = 1
(*A) = 1
globals::A = 1
let x = &mut A
let x = &raw mut A
let x = std::ptr::addr_of_mut!(A)
let x = addr_of_mut!(globals::A)
A.push(1)
A.as_mut().unwrap().x()
A.get_or_insert_with(make).y()
""".strip().splitlines()
READS = "let x = A; let A2 = 1; B = A; x.A = 1; addr_of!(A); &A; &raw const A; A.len(); A == 1; f(A)".split("; ")


@pytest.mark.parametrize("statement", WRITES)
def test_what_writes(statement: str) -> None:
    context = _context(f"static mut A: T = T;\nfn f() {{ unsafe {{ {statement}; }} }}")
    assert len(context.writes(context.items("static_item")[0])) == 1


@pytest.mark.parametrize("statement", READS)
def test_what_does_not_write(statement: str) -> None:
    context = _context(f"static mut A: T = T;\nfn f() {{ unsafe {{ {statement}; }} }}")
    assert context.writes(context.items("static_item")[0]) == ()


SERIALISED = {
    "while a module is made": "#[pymodule] fn m(m: &M) { fill(); } fn fill() { A = 1; }",
    "in its declared form": "#[pymodule] mod m { #[pymodule_init] fn init(m: &M) { A = 1; } }",
    "by pyo3-ffi": 'extern "C" fn PyInit_m() -> *mut PyObject { A = 1; }',
    "set up by another file": "pub fn init_types() { A = 1; }",
    "once": "fn f() { ONCE.call_once(|| { A = 1; }); }",
    "once, by name": "fn f() { ONCE.get_or_init(fill); } fn fill() -> bool { A = 1; true }",
    "once, at first use": "static L: LazyLock<u8> = LazyLock::new(|| { A = 1; 2 });",
    "under a lock": "fn f() { let guard = LOCK.lock().unwrap(); if x { A = 1; } }",
    "in a critical section": "fn f(o: &O) { with_critical_section(o, || { A = 1; }) }",
    "under the caller's lock": "#[pyfunction] fn f() { let _g = LOCK.lock(); fill(); } fn fill() { A = 1; }",
}
NOT_SERIALISED = {
    "a function": "pub fn f() { A = 1; }",
    "of Python's": "#[pyfunction] fn init() { A = 1; }",
    "a method": "#[pymethods] impl C { fn setup(&self) { A = 1; } }",
    "before the lock": "fn f() { A = 1; let g = LOCK.lock(); }",
    "after the block of the lock": "fn f() { { let g = LOCK.lock(); } A = 1; }",
    "a lock that is dropped at once": "fn f() { let _ = LOCK.lock(); A = 1; }",
    "a lock that nothing keeps": "fn f() { LOCK.lock(); A = 1; }",
    "also called at any time": "#[pymodule] fn m(m: &M) { fill(); } fn fill() { A = 1; } fn late() { fill(); }",
    "handed on": "#[pymodule] fn m(m: &M) { m.add(wrap_pyfunction!(late)); } fn late() { A = 1; }",
    "another closure": "fn f() { spawn(|| { A = 1; }); }",
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [*((text, True) for text in SERIALISED.values()), *((text, False) for text in NOT_SERIALISED.values())],
    ids=[*SERIALISED, *NOT_SERIALISED],
)
def test_what_is_serialised(text: str, expected: bool) -> None:
    context = _context("static mut A: u8 = 0;\n" + text)
    (write,) = context.writes(context.items("static_item")[0])
    assert context.is_serialised(write) is expected


# What is left alone


def test_foreign_files() -> None:
    assert "vendor" in why_foreign("vendor/pyo3/src/lib.rs", b"")
    assert "Cargo" in why_foreign("target/release/build/fast-0123/out/bindings.rs", b"")
    assert "Cargo" in why_foreign("target/package/fast-1.0/src/lib.rs", b"")
    assert "rust-bindgen" in why_foreign("src/bindings.rs", b"/* automatically generated by rust-bindgen 0.70.1 */\n")
    assert why_foreign("src/target/mod.rs", b"// Generated by hand\n") == ""


def test_crates_as_they_were_published_are_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "lib.rs").write_bytes(MODULE)
    manifest = '[dependencies.pyo3]\nversion = "0.25"\n'
    (tmp_path / "Cargo.toml").write_text(manifest)
    monkeypatch.chdir(tmp_path)
    options = Options(paths=(Path(),), target=FREE_THREADED, select=("EXT005",), jobs=1)
    assert len(check(options).findings) == 1
    (tmp_path / "Cargo.toml").write_text(f"# THIS FILE IS AUTOMATICALLY GENERATED BY CARGO\n{manifest}")
    assert check(options).findings == ()


def test_files_that_no_rule_is_about_are_not_parsed() -> None:
    assert not scan_source(b"fn main() { static_mut(); }\n", path="main.rs").parsed


def test_without_the_grammar_a_file_is_not_analysed(monkeypatch: pytest.MonkeyPatch) -> None:
    from py314_check.languages import parsing

    parsing._language.cache_clear()
    monkeypatch.setitem(sys.modules, "tree_sitter_rust", None)
    result = scan_source(MODULE, path="lib.rs")
    assert result.not_analysed
    assert "it takes tree-sitter-rust to read" in result.notifications[0].message
    monkeypatch.undo()
    assert len(scan_source(MODULE, path="lib.rs").findings) == 1


# Suppressions and places


@pytest.mark.parametrize("comment", ["// py314: ignore[EXT005]", "/* py314-check: ignore */", "// noqa: EXT005"])
@pytest.mark.parametrize("line", ["#[pymodule] {}", "fn fast(m: &Bound<'_, PyModule>) -> PyResult<()> {{ {}"])
def test_comments_at_an_item_or_its_attributes_silence(comment: str, line: str) -> None:
    before = line.format("").strip().encode()
    result = scan_source(MODULE.replace(before, line.format(comment).encode()), path="lib.rs")
    assert (result.findings, result.suppressed) == ((), 1)


def test_places_count_characters() -> None:
    text = "use pyo3::*; /* é𝄞 */ #[pymodule] fn fast(m: M) {}\n"
    (finding,) = scan_source(text, path="lib.rs").findings
    assert text[finding.place.column - 1 : finding.place.end_column - 1] == "fast"


# Bad input

HOSTILE = {
    "nothing closed": b"#[pymodule] fn f() { " + b"(" * 50_000,
    "deep": b"pymodule!(" + b"(" * 50_000 + b")" * 50_000 + b");",
    "braces": b"pymodule {" * 20_000,
    "attributes": b"#[cfg(test)]\n" * 50_000 + b"pymodule",
    "deep attribute": b"#[pymodule(" + b"a(" * 20_000 + b")" * 20_000 + b")] fn f() {}",
    "deep condition": b"#[cfg(" + b"not(" * 5_000 + b"a" + b")" * 5_000 + b")]\n#[pymodule]\nfn f() {}",
    "comments": b"/*" * 100_000 + b"pymodule",
    "quotes": b"pymodule '\"" * 20_000,
    "items": b"".join(b"#[pymodule] fn f%d() { f%d(); }\n" % (one, one + 1) for one in range(10_000)),
    "statics": b"static mut A: u8 = 0; fn f() { A = 1; }\n" * 5_000,
    "imports": b"use a::{" * 5_000 + b"pymodule",
    "no text": b"pymodule\x00\xff\xfe" * 10_000,
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_hostile_files_take_no_longer_than_they_may(data: bytes) -> None:
    start = time.process_time()
    result = scan_source(data, path="lib.rs")
    assert time.process_time() - start < 15
    assert all("internal error" not in note.message for note in result.notifications)


def test_carriage_returns_and_other_encodings() -> None:
    assert len(scan_source(MODULE.replace(b"\n", b"\r\n"), path="lib.rs").findings) == 1
    assert len(scan_source(b"// \xe9\n" + MODULE, path="lib.rs").findings) == 1
    assert len(scan_source(b"\xef\xbb\xbf" + MODULE, path="lib.rs").findings) == 1


@given(st.integers(0, len(MODULE)), st.integers(0, len(MODULE)), st.binary(max_size=20))
def test_damaged_files_never_fail(start: int, end: int, data: bytes) -> None:
    result = scan_source(MODULE[:start] + data + MODULE[end:], path="lib.rs", word_test=False)
    assert all("internal error" not in note.message for note in result.notifications)
