"""EXT311 pyo3-too-old."""

from __future__ import annotations

from dataclasses import replace

from py314_check.api import (
    CargoDependency,
    Confidence,
    Crate,
    CrateVersions,
    Impact,
    Level,
    Rule,
    Setting,
    Settings,
    Words,
)
from py314_rules.native.pyo3 import CRATES, first_version, recommended


class Pyo3TooOld(Rule):
    """A requirement on a PyO3 that cannot build for the target.

    ## What it does
    Reports requirements on `pyo3` and `pyo3-ffi` in `Cargo.toml` that allow only versions whose build script stops at
    the target's version of Python, or does not know free-threaded builds; and requirements that allow later ones where
    `Cargo.lock` holds such a version. The versions are listed in a table that says where each was seen.

    With the feature `abi3`, wheels that were built with an earlier Python run on later ones with a GIL: then it is a
    note, that nothing builds for the free-threaded build, which has no such wheels. Where another file of the project
    names that feature, such as a workflow, only free-threaded targets are reported.

    ## Why it matters
    The extension does not build: "the configured Python interpreter version (3.14) is newer than PyO3's maximum
    supported version". For the project's users, installing it fails wherever there is no wheel.

    Seen in real code: pydantic-core 2.27, tokenizers 0.20 and rpds-py 0.20 ask for PyO3 0.22; the versions that support
    Python 3.14 ask for 0.25 or later.

    ## Example
    ```toml
    [dependencies]
    pyo3 = { version = "0.22", features = ["extension-module"] }
    ```

    ## Use instead
    ```toml
    [dependencies]
    pyo3 = { version = "0.28", features = ["extension-module"] }
    ```

    ## Fix safety
    There is no fix: PyO3's interface changes with each of these versions.

    ## References
    - [PyO3: changelog](https://pyo3.rs/latest/changelog.html)
    - [PyO3: migration guide](https://pyo3.rs/latest/migration.html)
    """

    code, name = "EXT311", "pyo3-too-old"
    level, impact, confidence = Level.ERROR, Impact.BREAKS, Confidence.HIGH
    languages = frozenset({"cargo"})
    words = (Words("pyo3"), Words("pyo3-ffi"))
    _has_stable_abi = False

    def visit_Settings(self, settings: Settings) -> None:
        self._has_stable_abi = any(_names_stable_abi(one) for one in settings.settings)

    def visit_CargoDependency(self, dependency: CargoDependency) -> None:
        allows = CrateVersions() if dependency.is_elsewhere else dependency.allows
        if dependency.crate not in CRATES or allows is None:
            return
        target = self.context.target
        aside = self._has_stable_abi and not target.free_threaded
        build = replace(target, free_threaded=target.free_threaded or aside)
        first = first_version(build)
        if allows.shuts_out(first):
            what = f'`{dependency.crate} = "{dependency.requirement}"` allows no version that builds'
        elif allows.allows_before(first):
            what = f"Cargo.lock holds a version of `{dependency.crate}` that does not build"
        else:
            return
        self.report(
            dependency,
            f"{what} for Python {build}.",
            help=f"Require {recommended(build)} or later, and follow PyO3's migration guide.",
            symbol=dependency.crate,
            impact=Impact.BLOCKS_FREE_THREADING if aside else None,
            free_threading=aside,
            confidence=Confidence.MEDIUM if dependency.is_optional else None,
            crate=None if allows.shuts_out(first) else Crate(dependency.crate, before=first),
            unless_built_with=() if build.free_threaded else ("(?i:abi3)", "py_limited_api"),
        )


def _names_stable_abi(setting: Setting) -> bool:
    """Whether a setting is one of PyO3's features for the stable ABI; Cargo joins those of all crates in a build."""
    return "features" in setting.keys and str(setting.value).rpartition("/")[2].startswith("abi3")
