from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from py314_check.model import Target
from py314_check.project import Metadata, Project, find_root

fuzzed = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
CGI = ("legacy-cgi", "standard-cgi")


def make(root: Path, files: dict[str, str | bytes]) -> Project:
    """A project with these files, seen from Python 3.14."""
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return Project(root, Target())


def provider(root: Path, files: dict[str, str | bytes], path: str = "src/app.py") -> str | None:
    """What brings cgi back for one file of a project whose files are all in order."""
    project = make(root, files)
    found = project.provider(root / path, CGI)
    assert project.problems == []
    return found


# The root.


def test_the_root_is_the_nearest_directory_with_a_repository(tmp_path: Path) -> None:
    make(tmp_path, {"repo/.git/HEAD": "", "repo/pkg/sub/a.py": "", "repo/b.py": "", ".git/HEAD": ""})
    repo = tmp_path / "repo"
    assert find_root([repo / "pkg/sub/a.py"], None) == repo
    assert find_root([repo / "pkg/sub", repo / "b.py"], tmp_path / "pyproject.toml") == repo
    assert find_root([repo], None) == repo
    assert find_root([repo, tmp_path], None) == tmp_path


def test_a_worktree_s_git_file_makes_a_root(tmp_path: Path) -> None:
    make(tmp_path, {".git/HEAD": "", "tree/.git": "gitdir: ../.git/worktrees/tree\n", "tree/a.py": ""})
    assert find_root([tmp_path / "tree/a.py"], None) == tmp_path / "tree"


def test_without_a_repository_the_configuration_s_directory_is_the_root(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, {"pkg/a.py": "", "pyproject.toml": ""})
    monkeypatch.chdir(tmp_path / "pkg")
    assert find_root([Path("a.py")], Path("../pyproject.toml")) == tmp_path
    assert find_root([Path("a.py")], None) == tmp_path / "pkg"
    assert find_root([], None) == tmp_path / "pkg"


# First-party modules: first what must not shadow.


@pytest.mark.parametrize(
    ("files", "path"),
    [
        pytest.param({}, "src/app.py", id="nothing of that name"),
        pytest.param({"pkg/__init__.py": "", "pkg/cgi.py": ""}, "pkg/app.py", id="a sibling within a package"),
        pytest.param(
            {"pkg/__init__.py": "", "pkg/sub/__init__.py": "", "pkg/cgi.py": ""},
            "pkg/sub/app.py",
            id="in a parent package",
        ),
        pytest.param(
            {"src/pkg/__init__.py": "", "src/pkg/cgi/__init__.py": ""},
            "src/pkg/app.py",
            id="a package within a package",
        ),
        pytest.param({"tools/cgi.py": ""}, "src/app.py", id="beside other scripts"),
        pytest.param({"cgi.txt": "", "cgi.pyc": "", "cgi.md": "", "cgi": ""}, "app.py", id="files of other kinds"),
        pytest.param({"cgi_tools.py": "", "xcgi.py": "", "CGI.py": ""}, "app.py", id="other names"),
        pytest.param({"cgi/index.html": "", "cgi/sub/a.py": ""}, "app.py", id="a directory without modules"),
        pytest.param({"cgi.py/a.py": ""}, "app.py", id="a directory named like a module"),
        pytest.param({"src/a/cgi.py": "", "src/a/setup.py": ""}, "src/b/app.py", id="in another sub-project"),
        pytest.param(
            {"Lib/os.py": "", "Lib/site.py": "", "Lib/importlib/__init__.py": "", "Lib/cgi.py": ""},
            "Lib/app.py",
            id="the standard library itself",
        ),
        pytest.param(
            {
                "Lib/os.py": "",
                "Lib/site.py": "",
                "Lib/importlib/abc.py": "",
                "Lib/cgi.py": "",
                "Lib/test/__init__.py": "",
            },
            "Lib/test/app.py",
            id="the standard library's tests",
        ),
        pytest.param(
            {"pyproject.toml": "[tool.setuptools.package-dir]\npkg = 'lib'", "lib/cgi.py": ""},
            "app.py",
            id="one package's directory",
        ),
        pytest.param(
            {"setup.cfg": "[options]\npackage_dir =\n  pkg = lib", "lib/cgi.py": ""},
            "app.py",
            id="one package's directory in setup.cfg",
        ),
        pytest.param({"__init__.py": "", "cgi.py": ""}, "main.py", id="the root is a package"),
        pytest.param({"__init__.py": "", "cgi.py": ""}, "sub/main.py", id="the root above is a package"),
        pytest.param({"src/__init__.py": "", "src/cgi.py": ""}, "app.py", id="src is a package"),
        pytest.param(
            {"a/setup.py": "", "a/__init__.py": "", "a/cgi.py": ""},
            "a/tests/test_app.py",
            id="the sub-project is a package",
        ),
    ],
)
def test_the_standard_library_s_module_is_meant(tmp_path: Path, files: dict[str, str | bytes], path: str) -> None:
    project = make(tmp_path, files)
    assert not project.is_first_party(tmp_path / path, "cgi")
    assert project.problems == []


@pytest.mark.parametrize(
    ("files", "path"),
    [
        pytest.param({"tools/cgi.py": ""}, "tools/app.py", id="beside a script"),
        pytest.param({"cgi.py": ""}, "cgi.py", id="the file itself, as a script's directory comes first"),
        pytest.param(
            {
                "pyproject.toml": "[tool.setuptools.packages.find]\nwhere = ['lib']",
                "lib/__init__.py": "",
                "lib/cgi.py": "",
            },
            "app.py",
            id="a configured directory, though it is a package",
        ),
        pytest.param({"cgi/__init__.py": ""}, "app.py", id="a package"),
        pytest.param({"cgi/__init__.pyi": ""}, "app.py", id="a package of stubs"),
        pytest.param({"cgi/util.py": ""}, "app.py", id="a namespace package"),
        pytest.param({"cgi.pyi": ""}, "app.py", id="a stub"),
        pytest.param({"cgi.pyx": ""}, "app.py", id="a Cython module"),
        pytest.param({"cgi.cpython-314-x86_64-linux-gnu.so": b""}, "app.py", id="an extension module"),
        pytest.param({"cgi.so": b""}, "app.py", id="an extension module without a tag"),
        pytest.param({"cgi.cp314-win_amd64.pyd": b""}, "app.py", id="an extension module of Windows"),
        pytest.param({"pkg/__init__.py": "", "cgi.py": ""}, "pkg/app.py", id="beside the package of the file"),
        pytest.param(
            {"lib/pkg/__init__.py": "", "lib/pkg/sub/__init__.py": "", "lib/cgi.py": ""},
            "lib/pkg/sub/app.py",
            id="beside the outermost package of the file",
        ),
        pytest.param({"cgi.py": ""}, "tests/unit/test_app.py", id="in the root"),
        pytest.param({"src/cgi/__init__.py": ""}, "tests/test_app.py", id="in src"),
        pytest.param({"a/setup.py": "", "a/cgi.py": ""}, "a/tests/test_app.py", id="in the sub-project"),
        pytest.param({"a/setup.cfg": "", "a/src/cgi.py": ""}, "a/tests/test_app.py", id="in the sub-project's src"),
        pytest.param(
            {"pyproject.toml": "[tool.setuptools]\npackage-dir = {'' = 'lib'}", "lib/cgi.py": ""}, "app.py", id="package-dir"
        ),
        pytest.param(
            {"pyproject.toml": "[tool.setuptools.packages.find]\nwhere = ['x', 'lib']", "lib/cgi.py": ""},
            "app.py",
            id="packages.find",
        ),
        pytest.param(
            {"pyproject.toml": "[tool.pytest.ini_options]\npythonpath = ['lib']", "lib/cgi.py": ""}, "app.py", id="pythonpath"
        ),
        pytest.param(
            {"pyproject.toml": "[tool.pytest.ini_options]\npythonpath = 'x lib'", "lib/cgi.py": ""},
            "app.py",
            id="pythonpath in one string",
        ),
        pytest.param(
            {"pyproject.toml": "[tool.poetry]\npackages = [{include = 'cgi', from = 'lib'}]", "lib/cgi/__init__.py": ""},
            "app.py",
            id="Poetry's packages",
        ),
        pytest.param(
            {"pyproject.toml": "[tool.hatch.build.targets.wheel]\npackages = ['lib/cgi']", "lib/cgi/__init__.py": ""},
            "app.py",
            id="Hatch's packages",
        ),
        pytest.param(
            {"pyproject.toml": "[tool.hatch.build.targets.wheel]\nsources = ['lib']", "lib/cgi.py": ""},
            "app.py",
            id="Hatch's sources",
        ),
        pytest.param({"setup.cfg": "[options]\npackage_dir =\n  = lib", "lib/cgi.py": ""}, "app.py", id="setup.cfg's package_dir"),
        pytest.param({"setup.cfg": "[options.packages.find]\nwhere = lib", "lib/cgi.py": ""}, "app.py", id="setup.cfg's find"),
        pytest.param(
            {"a/pyproject.toml": "", "pyproject.toml": "[tool.pytest.ini_options]\npythonpath = ['lib']", "lib/cgi.py": ""},
            "a/app.py",
            id="configured above the sub-project",
        ),
    ],
)  # fmt: skip
def test_a_module_of_the_project_is_meant(tmp_path: Path, files: dict[str, str | bytes], path: str) -> None:
    project = make(tmp_path, files)
    assert project.is_first_party(tmp_path / path, "cgi")
    assert project.is_first_party(tmp_path / path, "cgi.escape")
    assert not project.is_first_party(tmp_path / path, "cgitb")
    assert project.problems == []


def test_a_file_outside_of_the_root_has_its_own_surroundings(tmp_path: Path) -> None:
    make(tmp_path, {"other/pyproject.toml": "", "other/cgi.py": "", "cgitb.py": ""})
    project = Project(tmp_path / "root", Target())
    assert project.is_first_party(tmp_path / "other/tests/test_a.py", "cgi")
    assert not project.is_first_party(tmp_path / "other/tests/test_a.py", "cgitb")


def test_run_inside_of_a_package_its_modules_shadow_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, {"pkg/__init__.py": "", "pkg/cgi.py": "", "pkg/main.py": "", "pipes.py": ""})
    monkeypatch.chdir(tmp_path / "pkg")
    project = Project(find_root([Path("main.py")], None), Target())
    assert project.root == tmp_path / "pkg"
    assert not project.is_first_party(Path("main.py"), "cgi")
    assert project.is_first_party(Path("main.py"), "pipes")
    assert project.is_first_party(Path("main.py"), "pkg.cgi")


def test_no_name_finds_nothing(tmp_path: Path) -> None:
    assert not make(tmp_path, {"a.py": ""}).is_first_party(tmp_path / "a.py", "")


# Declared dependencies: first what must not cover.


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({}, id="no declarations"),
        pytest.param({"pyproject.toml": "[project]\ndependencies = ['legacy-cgi-tools', 'cgi']"}, id="other names"),
        pytest.param({"pyproject.toml": "[project]\nname = 'legacy-cgi'\nkeywords = ['legacy-cgi']"}, id="other keys"),
        pytest.param({"pyproject.toml": "[project]\ndependencies = ['legacy-cgi; python_version < \"3.13\"']"}, id="another version"),
        pytest.param({"pyproject.toml": "[project]\ndependencies = ['legacy-cgi; python_full_version >= \"3.14.1\"']"}, id="a later release"),
        pytest.param({"pyproject.toml": "[project]\ndependencies = ['legacy-cgi; implementation_name == \"pypy\"']"}, id="another implementation"),
        pytest.param({"pyproject.toml": "[project]\ndependencies = ['legacy-cgi; sys_platform == \"emscripten\"']"}, id="another platform"),
        pytest.param({"pyproject.toml": "[project]\ndependencies = ['legacy-cgi; extra == \"web\" and python_version < \"3\"']"}, id="an extra for another version"),
        pytest.param({"pyproject.toml": "[project]\ndependencies = ['legacy-cgi ??', 'legacy-cgi; nonsense', '']"}, id="no requirements"),
        pytest.param({"requirements.txt": "legacy-cgi; 'web' in extras\nlegacy-cgi; " + "(" * 9000}, id="markers that cannot be judged"),
        pytest.param({"pyproject.toml": "[build-system]\nrequires = ['legacy-cgi']"}, id="for the build, and this is no setup.py"),
        pytest.param({"pyproject.toml": "[tool.poetry.dependencies]\nlegacy-cgi = {version = '*', python = '<3.13'}"}, id="Poetry for another version"),
        pytest.param({"pyproject.toml": "[tool.poetry.dependencies]\nlegacy-cgi = {version = '*', markers = 'python_version < \"3.13\"'}"}, id="Poetry's marker for another version"),
        pytest.param({"pyproject.toml": "[tool.poetry.dependencies]\nlegacy-cgi = [{version = '1', python = '~3.9'}, {version = '2', python = '3.10.*'}]"}, id="Poetry's list for other versions"),
        pytest.param({"Pipfile": "[packages]\nlegacy-cgi = {version = '*', python_version = \"< '3.13'\"}"}, id="Pipfile for another version"),
        pytest.param({"Pipfile": "[requires]\nlegacy-cgi = '*'"}, id="another table of a Pipfile"),
        pytest.param({"requirements.txt": "# legacy-cgi\nother # legacy-cgi\n-c legacy-cgi\n--find-links legacy-cgi\n"}, id="comments and options"),
        pytest.param({"requirements.txt": "legacy-cgi; python_version < '3.13'"}, id="a requirements file for another version"),
        pytest.param({"requirements.txt": "-r missing.txt\n-r requirements.txt\n-r https://example.org/legacy-cgi\n"}, id="includes that lead nowhere"),
        pytest.param({"notes.txt": "legacy-cgi", "requirements.md": "legacy-cgi"}, id="other text files"),
        pytest.param({"setup.cfg": "[options]\ninstall_requires =\n  # legacy-cgi\n  other"}, id="comment in setup.cfg"),
        pytest.param({"setup.cfg": "[metadata]\nname = legacy-cgi\n[options]\npackages = legacy-cgi"}, id="other keys of setup.cfg"),
        pytest.param({"setup.py": "# legacy-cgi\nimport legacy_cgi\nsetup(description='like legacy-cgi', x=f'legacy-cgi')"}, id="mentioned in setup.py"),
        pytest.param({"setup.py": "setup(install_requires=['legacy-cgi; python_version < \"3.13\"'])"}, id="setup.py for another version"),
        pytest.param({"setup.py": "setup('legacy-cgi'"}, id="setup.py that does not parse"),
        pytest.param({"other/pyproject.toml": "[project]\ndependencies = ['legacy-cgi']"}, id="in another sub-project"),
        pytest.param({"src/deep/requirements.txt": "legacy-cgi"}, id="in a deeper directory"),
        pytest.param({"src/app.py": "# /// script\n# dependencies = ['legacy-cgi; python_version < \"3.13\"']\n# ///\n"}, id="a script for another version"),
        pytest.param({"src/app.py": "# /// other\n# dependencies = ['legacy-cgi']\n# ///\n"}, id="another block in a script"),
        pytest.param({"src/app.py": "# /// script\n# dependencies = ['legacy-cgi']\n"}, id="an unclosed block in a script"),
        pytest.param({"src/b.py": "# /// script\n# dependencies = ['legacy-cgi']\n# ///\n"}, id="another script"),
    ],
)  # fmt: skip
def test_nothing_brings_the_module_back(tmp_path: Path, files: dict[str, str | bytes]) -> None:
    assert provider(tmp_path, files) is None


@pytest.mark.parametrize(
    ("files", "where"),
    [
        pytest.param({"pyproject.toml": "[project]\ndependencies = ['legacy-cgi']"}, "pyproject.toml [project.dependencies]", id="a dependency"),
        pytest.param({"pyproject.toml": "[project]\ndependencies = ['Legacy_CGI [x] >= 2.6 ; python_version>=\"3.13\"']"}, "pyproject.toml [project.dependencies]", id="another spelling, and a marker that holds"),
        pytest.param({"pyproject.toml": "[project]\ndependencies = ['legacy-cgi @ https://example.org/x.whl']"}, "pyproject.toml [project.dependencies]", id="an address"),
        pytest.param({"pyproject.toml": "[project]\ndependencies = ['legacy-cgi; sys_platform == \"darwin\"']"}, "pyproject.toml [project.dependencies]", id="macOS alone"),
        pytest.param({"pyproject.toml": "[project]\ndependencies = ['legacy-cgi; os_name == \"nt\" and platform_machine == \"ARM64\"']"}, "pyproject.toml [project.dependencies]", id="Windows on ARM alone"),
        pytest.param({"pyproject.toml": "[project]\ndependencies = ['legacy-cgi; extra == \"web\"']"}, "pyproject.toml [project.dependencies]", id="an extra in a marker"),
        pytest.param({"pyproject.toml": "[project.optional-dependencies]\nweb = ['legacy-cgi']"}, "pyproject.toml [project.optional-dependencies.web]", id="an optional dependency"),
        pytest.param({"pyproject.toml": "[dependency-groups]\na = [{include-group = 'b'}]\nb = ['legacy-cgi', {include-group = 'a'}]"}, "pyproject.toml [dependency-groups.b]", id="dependency groups that include each other"),
        pytest.param({"pyproject.toml": "[tool.uv]\ndev-dependencies = ['legacy-cgi']"}, "pyproject.toml [tool.uv.dev-dependencies]", id="uv"),
        pytest.param({"pyproject.toml": "[tool.pdm.dev-dependencies]\ntest = ['legacy-cgi']"}, "pyproject.toml [tool.pdm.dev-dependencies.test]", id="PDM"),
        pytest.param({"pyproject.toml": "[tool.hatch.envs.x]\nextra-dependencies = ['legacy-cgi']"}, "pyproject.toml [tool.hatch.envs.x.extra-dependencies]", id="Hatch"),
        pytest.param({"pyproject.toml": "[tool.flit.metadata]\nrequires-extra = {x = ['legacy-cgi']}"}, "pyproject.toml [tool.flit.metadata.requires-extra.x]", id="Flit"),
        pytest.param({"pyproject.toml": "[tool.poetry.dependencies]\nlegacy-cgi = '^2.6'"}, "pyproject.toml [tool.poetry.dependencies]", id="Poetry"),
        pytest.param({"pyproject.toml": "[tool.poetry.dependencies]\nlegacy-cgi = {version = '2', python = '>=3.13', optional = true}"}, "pyproject.toml [tool.poetry.dependencies]", id="Poetry's optional, for this version"),
        pytest.param({"pyproject.toml": "[tool.poetry.dependencies]\nlegacy-cgi = {version = '2', python = '<3.9 || ^3.13'}"}, "pyproject.toml [tool.poetry.dependencies]", id="Poetry's alternatives"),
        pytest.param({"pyproject.toml": "[tool.poetry.dependencies]\nlegacy-cgi = {version = '2', python = '~3.14', markers = 'sys_platform == \"win32\"'}"}, "pyproject.toml [tool.poetry.dependencies]", id="Poetry's tilde and marker"),
        pytest.param({"pyproject.toml": "[[tool.poetry.dependencies.legacy-cgi]]\nversion = '1'\npython = '<3.13'\n[[tool.poetry.dependencies.legacy-cgi]]\nversion = '2'\npython = '*'"}, "pyproject.toml [tool.poetry.dependencies]", id="Poetry's list of tables"),
        pytest.param({"pyproject.toml": "[tool.poetry.group.dev.dependencies]\nlegacy-cgi = '*'"}, "pyproject.toml [tool.poetry.group.dev.dependencies]", id="Poetry's group"),
        pytest.param({"pyproject.toml": "[tool.poetry.dev-dependencies]\nlegacy-cgi = '*'"}, "pyproject.toml [tool.poetry.dev-dependencies]", id="Poetry's old group"),
        pytest.param({"Pipfile": "[packages]\nlegacy-cgi = '*'"}, "Pipfile [packages]", id="Pipfile"),
        pytest.param({"Pipfile": "[dev-packages]\nlegacy-cgi = {version = '*', python_version = \">= '3.13'\", sys_platform = \"== 'linux'\"}"}, "Pipfile [dev-packages]", id="Pipfile with markers"),
        pytest.param({"setup.cfg": "[options]\ninstall_requires =\n  other\n  legacy-cgi>=2; python_version >= '3.13'"}, "setup.cfg [options]", id="setup.cfg"),
        pytest.param({"setup.cfg": "[options]\ntests_require = other; legacy-cgi"}, "setup.cfg [options]", id="setup.cfg on one line"),
        pytest.param({"setup.cfg": "[options.extras_require]\nweb = legacy-cgi"}, "setup.cfg [options.extras_require]", id="setup.cfg's extras"),
        pytest.param({"requirements.txt": "legacy-cgi"}, "requirements.txt", id="requirements"),
        pytest.param({"requirements-dev.in": "legacy-cgi"}, "requirements-dev.in", id="requirements to compile"),
        pytest.param({"test-requirements.txt": "legacy-cgi"}, "test-requirements.txt", id="requirements with another beginning"),
        pytest.param({"requirements/web.txt": "legacy-cgi"}, "requirements/web.txt", id="a directory of requirements"),
        pytest.param({"requirements.txt": "other\nlegacy-cgi==2.6 \\\n    --hash=sha256:00 \\\n    --hash=sha256:01 # comment\n"}, "requirements.txt", id="hashes on continued lines"),
        pytest.param({"requirements.txt": "# comment \\\nlegacy-cgi\n"}, "requirements.txt", id="a comment is not continued"),
        pytest.param({"requirements.txt": "legacy-cgi\r\n".encode("utf-16")}, "requirements.txt", id="written by PowerShell"),
        pytest.param({"requirements.txt": b"\xff\xfe\xfa\n"[2:] + b"legacy-cgi\n"}, "requirements.txt", id="with bytes that are no text"),
        pytest.param({"requirements.txt": "-r deps/base.txt # all\n", "deps/base.txt": "--requirement=more.txt\n-r ../requirements.txt", "deps/more.txt": "legacy-cgi"}, "deps/more.txt", id="includes that go in circles"),
        pytest.param({"pyproject.toml": "[tool.setuptools.dynamic]\ndependencies = {file = ['deps.txt']}", "deps.txt": "legacy-cgi"}, "deps.txt", id="dynamic dependencies"),
        pytest.param({"setup.py": "setup(install_requires=['other', \"legacy_cgi>=2\"])"}, "setup.py", id="setup.py"),
        pytest.param({"setup.py": "setup(install_requires='''\n  other\n  legacy-cgi; python_version >= '3.13'\n''')"}, "setup.py", id="a long string in setup.py"),
        pytest.param({"src/app.py": "#!/usr/bin/env python\n# /// script\n# requires-python = '>=3.13'\n# dependencies = [\n#   'legacy-cgi',\n#\n# ]\n# ///\n"}, "src/app.py [script metadata]", id="script metadata"),
        pytest.param({"src/app.py": "# /// script\r\n# dependencies = ['legacy-cgi']\r\n# ///\r\n"}, "src/app.py [script metadata]", id="script metadata of Windows"),
        pytest.param({"src/requirements.txt": "legacy-cgi", "pyproject.toml": ""}, "src/requirements.txt", id="beside the file"),
    ],
)  # fmt: skip
def test_a_declared_distribution_brings_the_module_back(
    tmp_path: Path, files: dict[str, str | bytes], where: str
) -> None:
    assert provider(tmp_path, files) == f"legacy-cgi, declared in {where}"


def test_the_first_of_the_distributions_is_named(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "requirements.txt": "standard-cgi",
        "pyproject.toml": "[project]\ndependencies = ['legacy-cgi']",
    }
    project = make(tmp_path, files)
    assert (
        project.provider(tmp_path / "a.py", ("Standard_CGI", "legacy-cgi"))
        == "standard-cgi, declared in requirements.txt"
    )
    assert project.provider(tmp_path / "a.py", CGI) == "legacy-cgi, declared in pyproject.toml [project.dependencies]"
    assert project.provider(tmp_path / "a.py", ()) is None


def test_a_setup_py_is_asked_for_each_distribution(tmp_path: Path) -> None:
    project = make(tmp_path, {"setup.py": "setup(install_requires=['Standard.Pipes', 'audioop_lts'])"})
    assert project.provider(tmp_path / "a.py", CGI) is None
    assert project.provider(tmp_path / "a.py", ["standard-pipes"]) == "standard-pipes, declared in setup.py"
    assert project.provider(tmp_path / "a.py", ["audioop-lts"]) == "audioop-lts, declared in setup.py"


def test_what_a_monorepo_declares_above_and_beside_a_file_adds_up(tmp_path: Path) -> None:
    project = make(
        tmp_path,
        {
            "pyproject.toml": "[dependency-groups]\nall = ['audioop-lts']",
            "libs/a/pyproject.toml": "[project]\ndependencies = ['legacy-cgi']",
            "libs/b/pyproject.toml": "[project]\ndependencies = ['standard-pipes']",
        },
    )
    path = tmp_path / "libs/a/src/a/main.py"
    assert project.provider(path, ["audioop-lts"]) == "audioop-lts, declared in pyproject.toml [dependency-groups.all]"
    assert project.provider(path, CGI) == "legacy-cgi, declared in libs/a/pyproject.toml [project.dependencies]"
    assert project.provider(path, ["standard-pipes"]) is None


def test_nothing_above_the_root_counts(tmp_path: Path) -> None:
    make(tmp_path, {"requirements.txt": "legacy-cgi", "root/a.py": ""})
    assert Project(tmp_path / "root", Target()).provider(tmp_path / "root/a.py", CGI) is None


@pytest.mark.parametrize(
    ("path", "covered"),
    [("setup.py", True), ("src/setup.py", False), ("sub/setup.py", False), ("app.py", False)],
)
def test_what_the_build_requires_is_there_for_its_setup_py_alone(tmp_path: Path, path: str, covered: bool) -> None:
    files: dict[str, str | bytes] = {
        "pyproject.toml": "[build-system]\nrequires = ['setuptools>=61']",
        "sub/pyproject.toml": "[project]\nname = 'x'",
    }
    found = make(tmp_path, files).provider(tmp_path / path, ["setuptools"])
    assert found == ("setuptools, declared in pyproject.toml [build-system.requires]" if covered else None)


@pytest.mark.parametrize(("target", "covered"), [("3.13", True), ("3.14", False), ("3.14t", False), ("3.15", False)])
def test_markers_are_those_of_the_target(tmp_path: Path, target: str, covered: bool) -> None:
    make(tmp_path, {"requirements.txt": "legacy-cgi; python_version < '3.14'"})
    found = Project(tmp_path, Target.parse(target)).provider(tmp_path / "a.py", CGI)
    assert (found is not None) is covered


@pytest.mark.parametrize(
    ("constraint", "allowed"),
    [
        ("<3.13", False),
        ("^2.7", False),
        ("~3.13", False),
        ("3.13", False),
        ("3.13.*", False),
        (">=3.9,<3.13", False),
        (">=3.9 <3.13", False),
        ("!=3.14.*", False),
        ("nonsense", False),
        ("^3.9 or so", False),
        ("<3.9 || 3.13.*", False),
        ("*", True),
        ("^3.9", True),
        ("~3.14", True),
        ("~3", True),
        ("~=3.9", True),
        ("3.14", True),
        ("3.*", True),
        (">= 3.9, < 4", True),
        (">=3.9 <4.0", True),
        ("<3.9|>=3.13", True),
    ],
)
def test_poetry_s_constraints_on_python(tmp_path: Path, constraint: str, allowed: bool) -> None:
    table = f"[tool.poetry.dependencies]\nlegacy-cgi = {{version = '*', python = '{constraint}'}}"
    assert (provider(tmp_path, {"pyproject.toml": table}) is not None) is allowed


# Metadata.


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param({}, Metadata(), id="none at all"),
        pytest.param({"pyproject.toml": "[tool.ruff]\n[build-system]\nrequires = ['x']"}, Metadata(), id="tools alone"),
        pytest.param(
            {
                "pyproject.toml": "[build-system]\nrequires = ['hatchling']\n[project]\nrequires-python = '>=3.10'\n"
                "classifiers = ['Framework :: Pytest']"
            },
            Metadata(">=3.10", ("Framework :: Pytest",), ("hatchling",)),
            id="pyproject.toml",
        ),
        pytest.param(
            {
                "pyproject.toml": "[build-system]\nrequires = ['setuptools']",
                "setup.cfg": "[metadata]\nclassifiers =\n  A :: B\n  C\n[options]\npython_requires = >=3.9",
            },
            Metadata(">=3.9", ("A :: B", "C"), ("setuptools",)),
            id="setup.cfg",
        ),
        pytest.param(
            {
                "pyproject.toml": "[project]\ndynamic = ['requires-python']",
                "setup.cfg": "[options]\npython_requires = >=3.9",
            },
            Metadata(">=3.9"),
            id="dynamic metadata",
        ),
        pytest.param(
            {"pyproject.toml": "[project]\nrequires-python = '>=3.8'", "src/pyproject.toml": "[project]\nname = 'x'"},
            Metadata(),
            id="the nearest says nothing",
        ),
        pytest.param(
            {"pyproject.toml": "[project]\nrequires-python = '>=3.8'", "src/pyproject.toml": "[tool.ruff]"},
            Metadata(">=3.8"),
            id="the nearest has no metadata",
        ),
    ],
)
def test_metadata_of_the_nearest_project(tmp_path: Path, files: dict[str, str | bytes], expected: Metadata) -> None:
    project = make(tmp_path, files)
    assert project.metadata(tmp_path / "src/app.py") == expected
    assert project.problems == []


# Files that are not what they should be.


def ask_everything(project: Project) -> None:
    for name in ("src/app.py", "setup.py"):
        path = project.root / name
        project.is_first_party(path, "cgi")
        project.provider(path, CGI)
        project.metadata(path)


@pytest.mark.parametrize(
    ("files", "name", "error"),
    [
        pytest.param({"pyproject.toml": "[project\n"}, "pyproject.toml", "not TOML: ", id="no TOML"),
        pytest.param({"pyproject.toml": "a = " + "[" * 9000}, "pyproject.toml", "not TOML: ", id="TOML too deep"),
        pytest.param({"pyproject.toml": b"a = '\xff'"}, "pyproject.toml", "not UTF-8 (byte 5)", id="no UTF-8"),
        pytest.param({"pyproject.toml": "project = 1"}, "pyproject.toml", "[project] must be a table", id="project no table"),
        pytest.param({"pyproject.toml": "[project]\ndependencies = 'x'"}, "pyproject.toml", "project.dependencies must be a list of strings", id="dependencies in a string"),
        pytest.param({"pyproject.toml": "[project]\ndependencies = [1]"}, "pyproject.toml", "project.dependencies must be a list of strings", id="dependencies no strings"),
        pytest.param({"pyproject.toml": "[project]\nrequires-python = 3.9"}, "pyproject.toml", "project.requires-python must be a string", id="version no string"),
        pytest.param({"pyproject.toml": "[project]\nclassifiers = 'x'"}, "pyproject.toml", "project.classifiers must be a list of strings", id="classifiers in a string"),
        pytest.param({"pyproject.toml": "dependency-groups = []"}, "pyproject.toml", "[dependency-groups] must be a table", id="groups no table"),
        pytest.param({"pyproject.toml": "tool.poetry.dependencies = 1"}, "pyproject.toml", "[tool.poetry.dependencies] must be a table", id="Poetry's no table"),
        pytest.param({"setup.cfg": "no section\n"}, "setup.cfg", "no section headers", id="setup.cfg without sections"),
        pytest.param({"setup.cfg": b"[options]\na = \xff"}, "setup.cfg", "not UTF-8 (byte 14)", id="setup.cfg no UTF-8"),
        pytest.param({"Pipfile": "packages"}, "Pipfile", "not TOML: ", id="Pipfile no TOML"),
        pytest.param({"src/app.py": "# /// script\n# dependencies = [\n# ///\n"}, "src/app.py", "not TOML: ", id="script metadata no TOML"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_in_order_is_a_problem_once(
    tmp_path: Path, files: dict[str, str | bytes], name: str, error: str
) -> None:
    project = make(tmp_path, files)
    ask_everything(project)
    ask_everything(project)
    assert len(project.problems) == 1
    assert project.problems[0].startswith(f"{name} is not taken into account in full: ")
    assert error in project.problems[0]


def test_what_else_is_readable_counts(tmp_path: Path) -> None:
    text = "[project]\ndependencies = 'x'\nrequires-python = 3\n[dependency-groups]\na = [1, 'legacy-cgi']\nb = 1"
    project = make(tmp_path, {"pyproject.toml": text, "setup.cfg": "[options]\npython_requires = >=3.9\njunk"})
    assert project.provider(tmp_path / "a.py", CGI) == "legacy-cgi, declared in pyproject.toml [dependency-groups.a]"
    assert project.metadata(tmp_path / "a.py") == Metadata(">=3.9")
    assert len(project.problems) == 2


def test_a_file_that_cannot_be_read_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    project = make(tmp_path, {"setup.cfg": "", "requirements.txt": "legacy-cgi"})
    monkeypatch.setattr(Path, "read_bytes", refuse)
    ask_everything(project)
    assert project.problems == [
        f"{name} is not taken into account in full: it cannot be read (Permission denied)."
        for name in ("setup.cfg", "requirements.txt")
    ]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_never_opened(tmp_path: Path) -> None:
    for name in ("pyproject.toml", "setup.cfg", "setup.py", "requirements.txt", "Pipfile", "app.py"):
        os.mkfifo(tmp_path / name)
    project = Project(tmp_path, Target())
    ask_everything(project)
    assert project.problems == []


def test_nothing_heavy_is_imported_before_it_is_needed() -> None:
    heavy = {"libcst", "pathspec", "tomli", "configparser", "packaging"}
    code = f"import sys, py314_check.project, py314_check.discovery; assert not {heavy} & set(sys.modules)"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)


requirement_text = st.text("legacy-cgi;[]()=<>!~\"'#\\ \n\r-r:@.,1x\0", max_size=60)
toml_value = st.recursive(
    st.sampled_from(["1", "'legacy-cgi'", "true", "1979-05-27", "'^3 || <4'", "\"python_version > '3'\"", "'\\0'"]),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.dictionaries(
            st.sampled_from(
                ["legacy-cgi", "python", "markers", "where", "from", "''", "file", "os_name", "dependencies"]
            ),
            inner,
            max_size=3,
        ).map(lambda items: "{" + ", ".join(f"{key} = {value}" for key, value in items.items()) + "}"),
    ),
    max_leaves=6,
)
toml_key = st.sampled_from(
    "project project.dependencies project.optional-dependencies project.classifiers project.requires-python tool"
    " dependency-groups tool.poetry tool.poetry.dependencies tool.poetry.packages tool.poetry.group build-system"
    " build-system.requires tool.uv tool.hatch.envs tool.hatch.build.targets.wheel.packages tool.setuptools"
    " tool.setuptools.package-dir tool.setuptools.packages tool.setuptools.dynamic tool.pytest.ini_options.pythonpath"
    " tool.flit.metadata packages dev-packages dependencies".split()
)
toml_text = st.dictionaries(toml_key, toml_value, max_size=5).map(
    lambda items: "\n".join(f"{key} = {value}" for key, value in items.items())
)
cfg_line = st.sampled_from(
    "[options]|[metadata]|[options.extras_require]|[options.packages.find]|[DEFAULT]|[|install_requires =|  legacy-cgi"
    "|x|package_dir = =src|  = a|classifiers: a;b|python_requires||# x|where = %(x)s".split("|")
)
cfg_text = st.lists(cfg_line, max_size=8).map("\n".join)


@fuzzed
@given(text=st.one_of(requirement_text, st.text(), st.binary()))
def test_no_requirements_file_does_any_harm(tmp_path: Path, text: str | bytes) -> None:
    content = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    ask_everything(make(tmp_path, {"requirements.txt": content}))


@fuzzed
@given(text=st.one_of(toml_text, toml_text, st.text(), st.binary()))
@pytest.mark.parametrize("name", ["pyproject.toml", "Pipfile"])
def test_no_toml_file_does_any_harm(tmp_path: Path, name: str, text: str | bytes) -> None:
    content = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    project = make(tmp_path, {name: content})
    ask_everything(project)
    assert len(project.problems) <= 1


@fuzzed
@given(text=st.one_of(cfg_text, cfg_text, st.text(), st.binary()))
def test_no_setup_cfg_does_any_harm(tmp_path: Path, text: str | bytes) -> None:
    content = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    project = make(tmp_path, {"setup.cfg": content})
    ask_everything(project)
    assert len(project.problems) <= 1


@fuzzed
@given(text=requirement_text)
def test_no_script_and_no_setup_py_does_any_harm(tmp_path: Path, text: str) -> None:
    lines = "".join(f"# {line}\n" for line in text.splitlines())
    ask_everything(make(tmp_path, {"src/app.py": f"# /// script\n{lines}# ///\n", "setup.py": f"'legacy-cgi{text}"}))


# The build.


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"setup.py": "x = 'flag-2'"}, True),
        ({".github/workflows/wheels.yml": "flag-1"}, True),
        ({"sub/build-requirements.txt": "flag-3"}, True),
        ({"setup.py": "x = 'flag-4'", "notes.md": "flag-1"}, False),
        ({"build/setup.py": "flag-1"}, False),
    ],
)
def test_what_the_project_is_built_with(tmp_path: Path, files: dict[str, str | bytes], expected: bool) -> None:
    project = make(tmp_path, {"pyproject.toml": "[project]\n", **files})
    assert project.builds_with(tmp_path / "pyproject.toml", [r"flag-[1-3]"]) is expected
    assert project.builds_with(tmp_path / "pyproject.toml", []) is False


def test_a_file_may_itself_say_how_it_is_built(tmp_path: Path) -> None:
    project = make(tmp_path, {"setup.py": "flag"})
    assert project.builds_with(tmp_path / "setup.py", ["flag"])


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (
            {
                "pyproject.toml": '[project]\nclassifiers = ["Programming Language :: Python :: Free Threading :: 2 - Beta"]'
            },
            True,
        ),
        (
            {
                "setup.cfg": "[metadata]\nclassifiers =\n  Programming Language :: Python :: Free Threading :: 2 - Beta\n"
            },
            True,
        ),
        ({"setup.py": "setup(classifiers=['Programming Language :: Python :: Free Threading :: 2 - Beta'])"}, True),
        ({"setup.py": "# 'Programming Language :: Python :: Free Threading :: 2 - Beta'\nsetup()"}, False),
        ({"setup.py": "'Programming Language :: Python :: Free Threading"}, False),
        ({"a.py": "x = 'Programming Language :: Python :: Free Threading :: 2 - Beta'"}, False),
    ],
)
def test_who_declares_free_threading(tmp_path: Path, files: dict[str, str | bytes], expected: bool) -> None:
    assert make(tmp_path, files).declares_free_threading(tmp_path / "src/fast.c") is expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"src/b.py": "import threading"}, True),
        ({"src/b.py": "    from concurrent import futures"}, True),
        ({"src/b.py": "import os, threading"}, True),
        ({"src/b.py": "await asyncio.to_thread(f)"}, True),
        ({"src/b.py": "from flask import Flask"}, True),
        ({"src/fast.c": "{Py_mod_gil, Py_MOD_GIL_NOT_USED},"}, True),
        ({"pyproject.toml": '[project]\nname = "a"\ndependencies = ["Django>=5"]'}, True),
        ({"pyproject.toml": '[project]\nclassifiers = ["Programming Language :: Python :: Free Threading"]'}, True),
        ({"src/b.py": "import thread_names, multiprocessing"}, False),
        ({"src/b.txt": "import threading"}, False),
        ({".venv/lib/b.py": "import threading"}, False),
        ({"pyproject.toml": '[project]\nname = "a"\ndependencies = ["django-stubs"]'}, False),
    ],
)
def test_what_shows_threads(tmp_path: Path, files: dict[str, str | bytes], expected: bool) -> None:
    project = make(tmp_path, {"pyproject.toml": "[project]\n", "src/a.py": "", **files})
    assert project.shows_threads(tmp_path / "src/a.py") is expected
