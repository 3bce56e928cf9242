"""C and C++: slicing, what rules may ask, what is left alone, and bad input."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from helpers.scanning import scan_source, scan_sources
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tree_sitter import Node

from py314_check.api import Report
from py314_check.languages.native.context import NativeContext
from py314_check.languages.native.foreign import why_foreign
from py314_check.languages.native.macros import rewritten
from py314_check.languages.native.slicing import ascii_bytes, comments, sliced
from py314_check.languages.native.tree import is_cpp
from py314_check.languages.parsing import Deadline
from py314_check.model import Level, Target
from py314_check.run import Options, check
from py314_check.source import NotAnalysedError, SourceFile

FREE_THREADED = Target((3, 14), free_threaded=True)
FIXTURES = Path(__file__).parent.parent / "fixtures"
MODULE = b"#include <Python.h>\nPyMODINIT_FUNC PyInit_x(void) { return PyModule_Create(&m); }\n"

# Slicing


def _slice(text: str, target: Target = FREE_THREADED, *, is_cpp: bool = False) -> str:
    result = sliced(ascii_bytes(text), target, is_cpp=is_cpp, is_header=False)
    assert len(result.code) == len(text)
    return result.code.decode()


def _left(text: str, target: Target = FREE_THREADED, *, is_cpp: bool = False) -> list[str]:
    return _slice("#include <Python.h>\n" + text, target, is_cpp=is_cpp).split()


TRUE = """
1
PY_VERSION_HEX >= 0x030D0000
PY_VERSION_HEX < 0x03130000
PY_MAJOR_VERSION == 3 && PY_MINOR_VERSION >= 014
defined(Py_GIL_DISABLED)
defined Py_GIL_DISABLED
!defined(PYPY_VERSION) && UNKNOWN || 1
0 ? 0 : 2
(1 << 4 | 1) == 0x11L
defined(Py_mod_gil)
-1 < 0
7 / 2 * 2 + 7 % 2 == 7
~0 & 1
""".strip().splitlines()


@pytest.mark.parametrize("condition", TRUE)
def test_conditions(condition: str) -> None:
    assert _left(f"#if {condition}\nyes\n#else\nno\n#endif\n") == ["yes"]
    assert _left(f"#if !({condition})\nyes\n#else\nno\n#endif\n") == ["no"]


UNKNOWN = ("UNKNOWN", "__has_include(<a/b.h>)", "AT_LEAST(3, (1, 2)) && 1", "1 /", "1 / 0", "(", "", "9" * 5000, "A")


@pytest.mark.parametrize("condition", UNKNOWN, ids=range(len(UNKNOWN)))
def test_the_first_branch_stays_where_a_condition_cannot_be_told(condition: str) -> None:
    text = f"#define A B + B\n#define B A + A\n#if {condition}\nyes\n#elif 1\nno\n#else\nno\n#endif\n"
    assert _left(text) == ["yes"]
    assert _left(f"#if 0\nno\n#elif {condition}\nyes\n#else\nno\n#endif\n") == ["yes"]


KEPT = {
    "what the target is": ("#ifdef Py_GIL_DISABLED\nfree\n#else\ngil\n#endif", "free"),
    "nested": ("#if 0\n#if 1\na\n#else\nb\n#endif\nc\n#else\nd\n#endif\ne", "d e"),
    "macros of the file": (
        "#define NEW (PY_MINOR_VERSION > 12)\n#if NEW\na\n#endif\n#undef NEW\n#ifdef NEW\nb\n#endif",
        "a",
    ),
    "a macro that is none": ("#ifdef PyUnstable_Module_SetGIL\na\n#endif\n#if defined(PyMutex)\nb\n#endif", ""),
    "the guard of a header": ("#ifndef X_H\n#define X_H\na\n#endif", "a"),
    "continued lines": ("#if 0 || \\\n  0\na\n#endif\n#define B \\\r\n b\nc", "c"),
    "comments in directives": ("#if 0 /* not\n yet */\na\n#endif // b\nc", "c"),
    "directives in comments": ("/*\n#if 0\n*/\na\n// #if 0 \\\n#if 0\nb", "a b"),
    "directives in strings": ('"\\\n#if 0";\na', '"\\ #if 0"; a'),
    "comments in strings": ('"/*" a "//" b', '"/*" a "//" b'),
    "comments in strings of macros": ('#define A "/*"\nb\n#define C \'"\'\nd', "b d"),
    "apostrophes in what is left out": ("#if 0\ndon't /* do\n*/ that\n#endif\na", "a"),
    "more ends than beginnings": ("#endif\n#else\na\n#elif 0\nb", "a b"),
    "no end": ("a\n#if 0\nb", "a"),
    "spaces": ("  #  if 0\na\n # endif\nb", "b"),
    "no directive": ("a # if 0\nb", "a # if 0 b"),
}


@pytest.mark.parametrize(("text", "expected"), KEPT.values(), ids=KEPT)
def test_what_is_kept(text: str, expected: str) -> None:
    assert _left(text) == expected.split()
    assert _left(text.replace("\r\n", "\n").replace("\n", "\r\n")) == expected.split()


def test_configurations() -> None:
    text = "#ifdef Py_GIL_DISABLED\nfree\n#elif PY_VERSION_HEX >= 0x030E0000\nnew\n#else\nold\n#endif"
    assert [_left(text, Target.parse(one)) for one in ("3.14t", "3.14", "3.13")] == [["free"], ["new"], ["old"]]
    assert _left("#ifdef __cplusplus\na\n#endif") == []
    assert _left("#ifdef __cplusplus\na\n#endif", is_cpp=True) == ["a"]


def test_nothing_tells_a_free_threaded_build_before_the_headers_of_python() -> None:
    test = "#ifdef Py_GIL_DISABLED\nfree\n#endif\n"
    assert _slice("#include <stdio.h>\n" + test).split() == []
    assert _slice('#include "own.h"\n' + test).split() == ["free"]


def test_macros_keep_their_length() -> None:
    code = (
        b'struct a { PyObject_HEAD int x; }; b = { PyVarObject_HEAD_INIT(NULL, f(0)) "c" };\nPy_BEGIN_ALLOW_THREADS\n'
    )
    result = rewritten(code)
    assert len(result) == len(code)
    assert result.split() == b'struct a { int ob_base_; int x; }; b = { 0, "c" }; ;'.split()
    assert rewritten(b"API PyMODINIT_FUNC\nEXPORT PyInit_x(void)").split() == b"PyMODINIT_FUNC PyInit_x(void)".split()


def test_comments() -> None:
    assert comments("é /* a\n*/ '//' // b \\\n c\nd") == [(2, "/* a\n*/"), (15, "// b \\\n c")]


def test_what_stands_under_a_condition_that_cannot_be_told_is_doubtful() -> None:
    text = (
        "a\n#if UNKNOWN\nB\n#if 1\nC\n#endif\n#if 0\nd\n#endif\n#else\ne\n#endif\nf\n#if 0\ng\n#elif UNKNOWN\nH\n"
        "#endif\ni\n#if 1\nj\n#elif UNKNOWN\nk\n#else\nl\n#endif\nm\n#ifdef X\nN\n"
    )
    piece = sliced(ascii_bytes(text), FREE_THREADED, is_cpp=False, is_header=False)
    left = {match[0]: piece.doubts(match.start()) is None for match in re.finditer(rb"[A-Za-z]", piece.code)}
    assert b"".join(left) == b"aBCfHijmN"
    assert all(certain is letter.islower() for letter, certain in left.items())


def test_the_names_that_decide() -> None:
    text = "/* c */\n#ifndef A_H\n#define A_H\na\n#if X && defined Y || PY_VERSION_HEX\nb\n#ifdef Z\nc\n#endif\n"
    text += "#endif\nd\n#ifndef B\n#define B\ne\n#endif\n#if OTHER ||\n#if FALSE\nf\n#endif\n#endif\n#endif\n"
    piece = sliced(ascii_bytes(text), FREE_THREADED, is_cpp=False, is_header=True)
    names = {match[0].decode(): piece.doubts(match.start()) for match in re.finditer(rb"[A-Za-z]", piece.code)}
    assert names == {"a": None, "b": None, "c": {"Z"}, "d": None, "e": {"B"}, "f": {"OTHER", "FALSE"}}


# What rules may ask


def _context(text: str, *, cpp: bool = False) -> NativeContext:
    source = SourceFile("m.cpp" if cpp else "m.c", "c", text.encode(), text)
    piece = sliced(ascii_bytes(text), FREE_THREADED, is_cpp=cpp, is_header=False)
    return NativeContext(source, piece, FREE_THREADED, is_cpp=cpp, kinds=(), deadline=Deadline())


PROGRAM = """
#define MOD_INIT(name) PyMODINIT_FUNC PyInit_##name(void)
static void helper(void) { both(); }
static void both(void);
static int fill(PyObject *m) { helper(); return 0; }
static void both(void) { }
static void late(void) { both2(); }
static void both2(void) { }
static void early(void) { both2(); }
static int shared(void) { return 0; }
static PyMethodDef methods[] = {{"late", late, METH_NOARGS}, {"shared", (PyCFunction)shared, METH_NOARGS}};
static PyModuleDef_Slot slots[] = {{Py_mod_exec, (void *)fill}, {0, NULL}};
MOD_INIT(one) { early(); shared(); return PyModuleDef_Init(&def); }
"""


def test_init_only() -> None:
    context = _context(PROGRAM)
    assert [context.name(one) for one in context.module_inits] == ["one"]
    only = {name for name in context.functions if context.is_init_only(name)}
    assert only == {"helper", "both", "fill", "early", "one"}


def test_init_only_through_casts_of_cpp() -> None:
    context = _context(
        "int a(PyObject *m) { return 0; } int b(PyObject *m) { return 0; } void c() {} void d() {}\n"
        "PyModuleDef_Slot s[] = {{Py_mod_exec, reinterpret_cast<void *>(a)}, {Py_mod_exec, (void *)(&b)},\n"
        "{Py_mod_exec, make(c)}, {Py_tp_call, reinterpret_cast<void *>(d)}};",
        cpp=True,
    )
    assert {name for name in context.functions if context.is_init_only(name)} == {"a", "b"}


LOCKING = """
#define HOLD(x) PyMutex_Lock(&(x)->mutex)
#define DROP(x) PyMutex_Unlock(&(x)->mutex)
#define WITH(x, y) HOLD(x); y; DROP(x)
void f(void) {
  no0(); PyMutex_Lock(&m); yes1(); if (x) { PyMutex_Unlock(&m); no2(); return; } yes3("}"); PyMutex_Unlock(&m); no4();
  HOLD(s); yes5(); DROP(s); no6(); WITH(s, no7()); no8();
  Py_BEGIN_CRITICAL_SECTION(a); yes9(); Py_BEGIN_CRITICAL_SECTION2(b, c); yes10(); Py_END_CRITICAL_SECTION2(); yes11();
  Py_END_CRITICAL_SECTION(); no12(); PyThread_acquire_lock(l, 1); yes13(); PyThread_release_lock(l); no14();
  { std::lock_guard<std::mutex> guard(m); yes15(); } no16(); std::call_once(flag, [] { yes17(); }); no18();
  py::gil_scoped_acquire acquired(); PyGILState_Ensure(); PyThread_allocate_lock(); clock(); block(); is_locked(); no19();
  if (x) pthread_mutex_lock(&m); yes20(); pthread_mutex_unlock(&m); no21(); self->lock(); yes22(); self->unlock(); no23();
  { nb::ft_object_guard guard(h); yes24(); } { py::scoped_critical_section lock{h}; yes25(); } no26(); PyMutex_Lock(&m);
}
void g(void) { no27(); }
"""


def test_locks() -> None:
    context = _context(LOCKING, cpp=True)
    held = {
        name: context.is_locked(call)
        for call in context.calls()
        if re.match("(no|yes)[0-9]", name := context.name(call))
    }
    assert len(held) == 28
    assert {name: value for name, value in held.items() if value is not name.startswith("yes")} == {}


def test_what_is_serialised() -> None:
    context = _context(
        "static void a(void) { one(); } static void b(void) { two(); } static int c(void *m) { three(); a(); }\n"
        "static void d(void *s) { PyMutex_Lock(s); a(); PyMutex_Unlock(s); b(); }\n"
        "int setup_x(void) { four(); e(); } static void e(void) { five(); } static void setup_y(void) { six(); }\n"
        "PyMODINIT_FUNC PyInit_x(void) { seven(); b(); } struct slot s[] = {{Py_mod_exec, c}}; void *t[] = {d, setup_y};"
    )
    calls = {context.name(call): context.is_serialised(call) for call in context.calls()}
    assert {name for name, value in calls.items() if value} >= {"one", "three", "four", "five", "seven"}
    assert not any(calls[name] for name in ("two", "six"))
    assert {name for name in context.functions if context.is_init_only(name)} == {"c", "PyInit_x"}


def test_statics() -> None:
    context = _context(
        "PyObject *a, b = 1; extern int c; static thread_local int d; typedef int e; int f(void), *(*g)(int);\n"
        "struct s { int h; }; static int i[2][2]; std::atomic<int> j; namespace k { static const T *l; }\n"
        "void m(int b) { static int n; int o; n = o = b = c = d = 1; i[0][1] = 2; i = 0; a->x = 1; *a = 1; l++; }\n"
        "void p(void) { int a; a = 1; b = 2; n = 3; Py_CLEAR(i[1][1]); ::k::l = 0; } void q(void) { Py_SETREF(a, b); }",
        cpp=True,
    )
    assert [(one.name, one.type, [context.text(write) for write in one.writes]) for one in context.statics] == [
        ("a", "PyObject *", ["Py_SETREF(a, b)"]),
        ("b", "PyObject", ["b = 2"]),
        ("i", "int", ["i[0][1] = 2", "Py_CLEAR(i[1][1])"]),
        ("l", "T *", ["l++"]),
        ("n", "int", ["n = o = b = c = d = 1"]),
    ]


def test_what_writes_to_a_part_of_a_static() -> None:
    context = _context(
        "static struct s { int x; int *y; } a, *b; static std::vector<int> c; static T d; static int e[9], f, g, h;\n"
        "void m(T *d2) { a.x = 1; a.y[0] = 2; (*b).x = 3; b->x = 4; b[0].x = 5; c.push_back(1); c[0] = 2; c.size();\n"
        "d.push(1); d.x += 2; e[1]++; memcpy(e + 1, d2, 9); memset(&a, 0, sizeof(a)); memcpy(e, d2, 9); --f; g = e[0];\n"
        "__atomic_fetch_add(&g, 1); g = 0; int h; h = 1; std::sprintf(e, d2); memcpy(d2, e, 9); }",
        cpp=True,
    )
    written = {one.name: [context.text(write) for write in one.writes] for one in context.statics}
    assert written == {
        "a": ["a.x = 1", "a.y[0] = 2", "memset(&a, 0, sizeof(a))"],
        "b": [],
        "c": ["c.push_back(1)", "c[0] = 2"],
        "d": ["d.x += 2"],
        "e": ["e[1]++", "memcpy(e, d2, 9)", "std::sprintf(e, d2)"],
        "f": ["--f"],
        "h": [],
    }


OWNERS = """
struct plain { PyObject *list; };
typedef struct { PyObject_HEAD int x; } Thing;
static PyObject *of_file;
static PyObject *give(void) { return PyDict_New(); }
static void inner(PyObject *a, PyObject *b) { private1(a); shared2(b); }
static void endless(PyObject *a) { endless(a); if (a->x) a = a; private3(a); }
static void outer(Thing *self, struct plain *p, PyObject *o, PyObject **rest, PyObject *kwargs) {
  PyObject *x = PyList_New(0), *y = NULL, *z, *w = (PyObject *)x;
  inner(w, self->x); endless(x); private4(Py_NewRef(w)); private5(give()); private6(kwargs); private7(y = x);
  unknown8(p->list); given9(o); given10(rest[0]); PyArg_ParseTuple(o, "O", &z); given11(z); shared12(of_file);
  shared13(((Thing *)o)->y); shared14(o->a->b); unknown15(elsewhere()); unknown16(1 + 1); unknown17(unheard);
  shared18(o ? x : of_file); given19(PyTuple_GET_ITEM(o, 0)); of_file->x = x; shared20(of_file);
  shared21(PyTuple_GET_ITEM(self->x, 0));
}
void *table[] = {outer};
"""


def test_owners() -> None:
    context = _context(OWNERS)
    asked = {name: call for call in context.calls() if (name := context.name(call))[-1].isdigit()}
    owners = {name: context.owner(context.arguments(call)[0]).name.lower() for name, call in asked.items()}
    assert len(owners) == 21
    assert {name: owner for name, owner in owners.items() if name.rstrip("0123456789") != owner} == {}


REASSIGNED = """
static void copied(PyObject *a, PyObject *b, PyObject *c, PyObject *d, PyObject *e, PyObject *f) {
  given1(a); if (!(a = PySequence_List(a))) { return; } private2(a); while (x) { private3(a); }
  if (x) { b = PyList_New(0); private4(b); } given5(b); if (x && (c = PyList_New(0))) given6(c);
  if (x) d = PyList_New(0); given7(d); switch (x) { case 1: e = PyList_New(0); break; case 2: given8(e); }
  for (;;) { f = PyList_New(0); private9(f); } given10(f); f = PyList_New(0); private11(f); f = self->x; shared12(f);
}
static void parsed(PyObject *o) {
  PyObject *a = NULL, *b; PyArg_Parse(o, "O", &a); given13(a); PyArg_Parse(o, "O", &b); b = PySequence_List(b);
  private14(b); while (x) { unknown15(b); b = elsewhere(); }
}
static PyObject *kept[2];
static void arrays(PyObject *const *args) {
  PyObject *made[2], *mixed[2][2], *filled[2]; made[0] = PyList_New(0); made[1] = PyDict_New(); mixed[0] = made[0];
  mixed[1] = self->x; private16(made[i]); PyObject *one = made[0]; private17(one); given18(args[0]); given19(kept[0]);
  unknown20(filled[0]); shared21(mixed[i]); given22(args->x[0]);
}
static void tuples(PyObject *o) { unknown23(PyTuple_GET_ITEM(call(), 0)); given24(PyTuple_GetItem(o, 0)); }
static PyObject *box___setstate__(Box *self, PyObject *state) { unknown25(state); inner(state); }
static void inner(PyObject *state) { unknown26(state); }
void *table[] = {copied, parsed, arrays, tuples, box___setstate__};
"""


def test_owners_of_what_is_put_in_later() -> None:
    context = _context(REASSIGNED)
    asked = {name: call for call in context.calls() if (name := context.name(call))[-1].isdigit()}
    owners = {name: context.owner(context.arguments(call)[0]).name.lower() for name, call in asked.items()}
    assert len(owners) == 26
    assert {name: owner for name, owner in owners.items() if name.rstrip("0123456789") != owner} == {}


def test_teardown() -> None:
    context = _context(
        "int x_clear(X *x) {} void x_dealloc(X *x) {} PyObject *x_finish(X *x) {} PyObject *x_cleanup(void) {}\n"
        "PyObject *x_clear2(X *x) {} PyObject *cache_clear(X *x) {} void freeze(X *x) {} void m_free(void *m) {}"
    )
    down = {name for name, function in context.functions.items() if context.is_teardown(function)}
    assert down == {"x_clear", "x_dealloc", "x_finish", "x_cleanup", "m_free"}


def test_what_is_changed() -> None:
    context = _context(
        "void f(T *s) { T *a = s->a, *b = s->b; yes(a); no(b); yes(s->a); no(s->c); yes(cc); yes(s->d); }\n"
        "void g(T *s) { PyDict_SetItem(s->a, k, v); PyList_Append(cc, v); PyDict_GetItem(s->b, k); PyList_New(0); }\n"
        'struct m t[] = {{"d", T_OBJECT, offsetof(struct s, d), READONLY}, {"c", T_INT, offsetof(struct s, b)}};'
    )
    f = context.functions["f"]
    assert {(context.name(call), context.is_changed(context.arguments(call)[0])) for call in context.calls(f)} == {
        ("yes", True),
        ("no", False),
    }


def test_what_is_only_tested() -> None:
    context = _context(
        "void f(void) { T *a = no1(), *b; T *c = yes2(); b = yes3(); use(a); if (b) return; (void)yes4(); use(no5());\n"
        "if (!yes6() || yes7() == NULL && (c = yes8())) { T *d; if ((d = no9()) == NULL) return; *d; } return no10(); }"
    )
    asked = {name: call for call in context.calls() if (name := context.name(call))[-1].isdigit()}
    tested = {name for name, call in asked.items() if context.is_only_tested(call)}
    assert tested == {name for name in asked if name.startswith("yes")}


def test_functions_and_calls_in_cpp() -> None:
    context = _context(
        "namespace a { struct B { int m() { return f<int>(1, 2); } }; }\n"
        "a::B *a::make(int x) { x->go(); auto g = [] { inner(); }; return c::d(x); }\n",
        cpp=True,
    )
    assert list(context.functions) == ["m", "make"]
    calls = {name: [context.name(call) for call in context.calls(one)] for name, one in context.functions.items()}
    assert calls == {"m": ["f"], "make": ["go", "inner", "d"]}
    assert [context.text(one) for one in context.arguments(context.calls(context.functions["m"])[0])] == ["1", "2"]
    assert [context.name(one) for one in context.runs(context.functions["m"])] == ["m"]
    assert len(context.calls()) == 4


def test_initializers() -> None:
    context = _context("struct s x = {1, .b = f}, *y = &x;\nstruct t z[] = {{A, 1}, {.id = B, .value = (void *)2}};")
    assert context.initializer("nothing") is None
    table = context.initializer("z")
    assert table is not None
    assert [[context.text(one) for one in row] for row in context.entries(table)] == [["A", "1"], ["B", "(void *)2"]]


def test_headers_that_look_like_cpp() -> None:
    assert is_cpp("a.h", b"namespace a {")
    assert is_cpp("a.h", b"  template <class T>")
    assert not is_cpp("a.h", b"int namespace_of(void); /* class */")
    assert not is_cpp("a.c", b"class A")
    assert is_cpp("a.cc", b"int a;")


# Levels


def test_a_note_where_nobody_asked_for_free_threading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def level(target: str) -> list[Level]:
        return [one.level for one in check(Options(target=Target.parse(target), select=("EXT001",))).findings]

    monkeypatch.chdir(tmp_path)
    (tmp_path / "m.c").write_bytes(MODULE)
    assert level("3.14") == [Level.NOTE]
    assert level("3.14t") == [Level.WARNING]
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "x"\nclassifiers = ["Programming Language :: Python :: Free Threading :: 2 - Beta"]\n'
    )
    assert level("3.14") == [Level.WARNING]


# What is left alone, or cannot be read


FOREIGN = {
    "Cython": ("m.c", b"/* Generated by Cython 3.0.11 */\n", "generated by Cython"),
    "a part of Cython's": ("m.h", b"static PyObject *__Pyx_GetItem(PyObject *o);\n", "generated by Cython"),
    "SWIG": ("m.cxx", b"/* ---\n * This file was automatically generated by SWIG (https://www.swig.org).\n", "SWIG"),
    "cffi": ("m.c", b"#define _CFFI_\n", "generated by CFFI"),
    "protobuf": ("m.pb.cc", b"// Generated by the protocol buffer compiler.  DO NOT EDIT!\n", "protocol buffer"),
    "f2py": ("m.c", b"/* File: m.c\n * This file is auto-generated with f2py (version:2).\n", "f2py"),
    "vendored": ("src/third_party/m.c", b"", "'third_party'"),
    "pythoncapi-compat": ("src/pythoncapi_compat.h", b"", "pythoncapi-compat"),
}


@pytest.mark.parametrize(("path", "head", "why"), FOREIGN.values(), ids=FOREIGN)
def test_code_of_others_is_left_alone(path: str, head: bytes, why: str) -> None:
    assert why in why_foreign(path, head + MODULE)
    result = scan_source(head + MODULE, path=path)
    assert (result.findings, result.parsed) == ((), False)
    assert why in result.foreign


def test_code_without_anything_to_find_is_not_counted_as_left_alone() -> None:
    assert scan_source(b"/* Generated by Cython 3 */ int x;", path="m.c").foreign == ""
    assert why_foreign("vendor.c", b"/* like the code Cython makes */") == ""


def test_without_tree_sitter_a_file_is_not_analysed(monkeypatch: pytest.MonkeyPatch) -> None:
    from py314_check.languages import parsing

    parsing._language.cache_clear()
    monkeypatch.setitem(sys.modules, "tree_sitter", None)
    result = scan_source(MODULE, path="m.c")
    assert result.not_analysed
    assert "it takes tree-sitter-c to read" in result.notifications[0].message
    assert not scan_source("int nothing;", path="m.c").not_analysed
    monkeypatch.undo()
    assert len(scan_source(MODULE, path="m.c").findings) == 1


def test_a_file_that_takes_too_long_is_not_analysed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Deadline, "passed", lambda self: True)
    result = scan_source(MODULE, path="m.c")
    assert result.not_analysed
    assert "longer than 10 seconds" in result.notifications[0].message


QUESTIONS = {
    "runs": lambda context, call: context.runs(context.function(call)),
    "is_locked": lambda context, call: context.is_locked(call),
    "critical_section": lambda context, call: context.critical_section(call),
    "leaves_locked": lambda context, call: context.leaves_locked(call),
    "owner": lambda context, call: context.owner(call),
    "values": lambda context, call: context.values(call),
    "report": lambda context, call: context.report(None, call, Report("")),
}


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_the_time_is_up_within_a_visitor_too(
    question: Callable[[NativeContext, Node], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    context = _context("void f(void) { g(); }")
    (call,) = context.calls()
    monkeypatch.setattr(Deadline, "passed", lambda self: True)
    with pytest.raises(NotAnalysedError, match="longer than 10 seconds"):
        question(context, call)


HOSTILE = {
    "nothing closed": b"int f() { return " + b"(" * 50_000,
    "deep": b"int x = " + b"(" * 50_000 + b"1" + b")" * 50_000 + b";",
    "braces": b"{" * 50_000,
    "conditionals": b"#if X\n" * 20_000,
    "comment": b"/*" + b"*" * 200_000,
    "slashes": b"/*" * 100_000,
    "quotes": b"'\"" * 50_000,
    "backslashes": b"//" + b"\\\n" * 50_000,
    "deep condition": b"#if " + b"(" * 50_000 + b"1\n#endif",
    "macros that double": b"".join(b"#define A%d (A%d + A%d)\n" % (i, i + 1, i + 1) for i in range(40))
    + b"#if A0\n#endif",
    "huge number": b"#if 1 << 99999999999999\n#endif",
    "no text": bytes(range(256)) * 500,
    "K&R": b"int f(a, b) int a; char *b; { return 0; }",
    "calls of calls": b"".join(
        b"void f%d(T *a) {" % i + b"f%d(a);" % (i + 1) * 40 + b"PyList_GetItem(a, 0);}\n" for i in range(50)
    ),
    "locks in blocks that never close": b"void f(void) { static PyObject *x;"
    + b"{ lock(); if (x) x = g(); f();" * 10_000,
    "one variable put into often": b"void f(T *a) {" + b"a = g(); PyList_GetItem(a, 0);" * 5_000 + b"}",
    "one variable put into perhaps": b"void f(T *a) {" + b"if (Py_REFCNT(a) == 1) a = g();" * 1_000 + b"}",
    "deep conditions": b"void f(T *a) {"
    + b"while (a) { if (a) a = g(); PyList_GetItem(a, 0);" * 500
    + b"}" * 500
    + b"}",
    "an array put into often": b"void f(void) { T *a[2];" + b"a[0] = g(); PyList_GetItem(a[1], 0);" * 2_000 + b"}",
    "else after else": b"void f(T *a) {" + b"if (a) { a = g(); PyList_GetItem(a, 0); } else " * 2_000 + b";}",
    "locks given back in blocks that never close": b"void f(void) {"
    + b"{ PyMutex_Lock(&m); if (x) return; PyMutex_Unlock(&m);" * 2_000,
    "memory of many names": b"void f(T *x) {"
    + b"".join(b"char *p%d = malloc(1); PyMem_Free(p%d); x->p%d = p%d;" % (i, i, i, i) for i in range(1_500)),
    "macros of removed names": b"".join(b"#define M%d(x) PyEval_CallObject(x->ob_refcnt)\n" % i for i in range(5_000)),
    "Objective-C": b"#import <A/B.h>\n@class C;\n@interface A : B <C>\n{ id d; }\n@property(nonatomic) id e;\n"
    b"- (void)c:(id)d with:(NSString *)s;\n@end\n@implementation A\n- (void)c:(id)d with:(NSString *)s\n"
    b'{ @try { [d f:@"x" g:^(int i) { return [self h][i]; }]; } @catch (E *e) {} }\n@end\n' * 200,
    "K&R, often": b"static PyObject *\nf(self, args)\n    PyObject *self;\n    PyObject *args;\n{ return g(self); }\n"
    * 500,
    "macros that open and close": b"#define BEGIN {\n#define END }\n#define OPEN(x) if (x) {\n"
    + b"void f(void) BEGIN OPEN(a) PyList_GetItem(a, 0); } END\n" * 500,
    "a table": b"static const int t[] = {" + b"0x12345678, " * 20_000 + b"};",
}


@pytest.mark.parametrize("path", ["m.c", "m.cpp"])
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_bad_input(text: bytes, path: str) -> None:
    start = time.process_time()
    result = scan_source(MODULE + text, path=path, codes="EXT")
    assert not result.not_analysed
    assert result.notifications == ()
    assert time.process_time() - start < 8


@pytest.mark.parametrize(("path", "text"), [("m.pyx", b"# \xe9\n"), ("CMakeLists.txt", b"nanobind_add_module(\xe9)")])
def test_other_encodings(path: str, text: bytes) -> None:
    result = scan_source(text, path=path, codes="EXT")
    assert len(result.findings) == 1
    assert result.notifications == ()


@pytest.mark.parametrize("length", range(0, len(MODULE), 7))
def test_truncated(length: int) -> None:
    assert scan_source(MODULE[:length], path="m.c").notifications == ()


REAL = [path.read_bytes() for path in sorted(FIXTURES.glob("EXT*/*.[ch]*"))]
BROKEN = (
    *(
        b"{",
        b"}",
        b"(",
        b")",
        b'"',
        b"'",
        b"/*",
        b"*/",
        b"//",
        b"\\\n",
        b"\r",
        b"\0",
        b"\xff\xfe",
        b"<",
        b"::",
        b";",
        b",",
    ),
    *(
        b"#if 0\n",
        b"#else\n",
        b"\n#endif\n",
        b"#define X(a) { a\n",
        b"if (",
        b"for (",
        b"return",
        b"goto out;",
        b"template<",
    ),
    *(b"PyMutex_Lock(&m);", b"Py_BEGIN_CRITICAL_SECTION(x);", b"Py_END_CRITICAL_SECTION();", b"@interface A : B\n"),
    *(b"int f(a, b) int a; char *b; {", b"static PyObject *", b"x = PyList_New(0);"),
)


@st.composite
def broken_code(draw: st.DrawFn) -> bytes:
    """Real code with pieces cut out, doubled, or put in where they do not belong, and bytes changed."""
    data = draw(st.sampled_from(REAL))
    for _ in range(draw(st.integers(1, 8))):
        start, end = sorted(draw(st.tuples(*[st.integers(0, len(data))] * 2)))
        put = draw(
            st.one_of(st.just(b""), st.sampled_from(BROKEN), st.binary(max_size=3), st.just(data[start:end] * 2))
        )
        keeps = draw(st.booleans())
        data = data[:start] + put + data[start if keeps else end :]
    return data


@settings(max_examples=300, deadline=10_000, suppress_health_check=[HealthCheck.too_slow])
@given(code=broken_code(), path=st.sampled_from(["m.c", "m.h", "m.cpp"]))
def test_broken_code(code: bytes, path: str) -> None:
    """Places lie within the text, and what other files of the batch have is found."""
    code = b"#include <Python.h>\n" + code
    result, other = scan_sources({path: code, "other.c": MODULE}, codes="EXT", target="3.14t")
    assert result.notifications == ()
    assert [one.code for one in other.findings] == ["EXT001"]
    lines = re.split(rb"\r\n|\r|\n", code)
    for place in (one.place for one in result.findings):
        assert (place.line, place.column) <= (place.end_line, place.end_column)
        for line, column in ((place.line, place.column), (place.end_line, place.end_column)):
            assert 1 <= line <= len(lines)
            assert 1 <= column <= len(lines[line - 1]) + 1


def test_ten_megabytes() -> None:
    """Analysed, or reported as not analysed; in bounded time either way."""
    function = b"static PyObject *f%d(PyObject *a, PyObject *b) { if (a == NULL) { goto e; } return g(a, b, %d); e: return b; }\n"
    code = MODULE + b"".join(function % (i, i) for i in range(90_000))
    assert len(code) > 10_000_000
    start = time.process_time()
    result = scan_source(code, path="m.c", codes="EXT")
    assert time.process_time() - start < 20
    assert bool(result.findings) is not result.not_analysed


@pytest.mark.parametrize("code", REAL, ids=range(len(REAL)))
def test_line_ends_make_no_difference(code: bytes) -> None:
    def findings(text: bytes) -> list[tuple[str, int, int, str]]:
        result = scan_source(text, path="m.cpp" if b"::" in code else "m.c", codes="EXT", target="3.14t")
        return [(one.code, one.place.line, one.place.column, one.symbol) for one in result.findings]

    unix = code.replace(b"\r\n", b"\n")
    assert findings(unix.replace(b"\n", b"\r\n")) == findings(unix)
