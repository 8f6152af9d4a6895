"""What `pip install .` puts into an environment: everything that the folders hold."""

import tomllib
from fnmatch import fnmatch

import pytest

from tests.paths import ROOT

SETUPTOOLS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
ROOMS = SETUPTOOLS["package-dir"]


@pytest.mark.parametrize(("package", "folder"), ROOMS.items())
def test_every_folder_of_modules_is_installed(package: str, folder: str) -> None:
    for marker in (ROOT / folder).rglob("__init__.py"):
        below = marker.parent.relative_to(ROOT / folder).parts
        assert ".".join((package, *below)) in SETUPTOOLS["packages"]


@pytest.mark.parametrize(("package", "folder"), ROOMS.items())
def test_every_file_beside_the_modules_is_installed(package: str, folder: str) -> None:
    patterns = SETUPTOOLS["package-data"].get(package, [])
    for file in (ROOT / folder).glob("*.*"):
        if file.is_file() and file.suffix not in (".py", ".pyc"):
            assert any(fnmatch(file.name, pattern) for pattern in patterns), file
