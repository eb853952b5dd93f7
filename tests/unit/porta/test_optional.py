from __future__ import annotations

import pytest

from porta.errors import MissingPackage
from porta.optional import needed


def test_what_is_there_is_imported() -> None:
    assert needed("json.decoder", "-").__name__ == "json.decoder"


def test_what_is_not_installed_is_named_with_how_to_install_it() -> None:
    with pytest.raises(MissingPackage, match="no_such_package, which is not installed: pip") as no:
        needed("no_such_package.inside", "pip install it")
    assert isinstance(no.value, ImportError)


def test_a_package_that_lacks_one_of_its_own_says_so_itself() -> None:
    with pytest.raises(ModuleNotFoundError, match="no_such_module") as no:
        needed("json.no_such_module", "pip install it")
    assert not isinstance(no.value, MissingPackage)
