"""Redis as its chart runs it: its users, its limits, and what a backup restores."""

from __future__ import annotations

import contextlib
import os
import subprocess
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
import redis

from infra import naming, redis_users
from infra.charts import third_party
from infra.settings import Settings
from tests.processes import eventually
from tests.redis_servers import free_port
from tests.tls import HOST, authority

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.tls import Authority

SCRIPTS: Final = Path(__file__).parents[3] / "scripts"
ADMINISTRATOR, PORTA = "a" * 40, "b" * 40
# In place of the real kubectl: the pod is a container of this machine's engine.
KUBECTL: Final = """\
#!/bin/sh
test "$1 $2" = "-n sedaro" || exit 64
shift 2
case "$1" in
exec)
    shift
    test "$1" = -i && { input=-i; shift; }
    test "$1 $2" = "redis-0 --" || exit 64
    shift 2
    exec docker exec $input NAME "$@" ;;
delete) exec docker restart --time 20 NAME ;;
rollout) exit 0 ;;
esac
exit 64
"""


# As the chart writes it where `redis_tls_secret` is set.
ENCRYPTED: Final = """
tls-port 6379
tls-cert-file /etc/redis/tls/tls.crt
tls-key-file /etc/redis/tls/tls.key
tls-ca-cert-file /etc/redis/tls/ca.crt
tls-auth-clients no
"""


class Pod:
    """A container that runs Redis as the chart's pod does."""

    def __init__(self, name: str, port: int, folder: Path, *, ca: Path | None) -> None:
        self.name, self.port, self._folder, self._ca = name, port, folder, ca

    def client(self, user: str, password: str) -> redis.Redis:
        tls = {"ssl": True, "ssl_ca_certs": str(self._ca)} if self._ca else {}
        where: dict[str, Any] = {"host": HOST, "port": self.port, **tls}
        return redis.Redis(**where, username=user, password=password)

    def answers(self) -> bool:
        with contextlib.suppress(redis.RedisError):
            return bool(self.client("default", ADMINISTRATOR).ping())
        return False

    def run(self, script: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """Run one of our scripts, which calls `kubectl`."""
        path = f"{self._folder}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(  # noqa: S603 -- our own script
            [SCRIPTS / script],
            input=given,
            capture_output=True,
            timeout=300,
            check=False,
            env=os.environ | {"PATH": path},
        )


@pytest.fixture(params=["plain", "encrypted"])
def pod(redis_image: str | None, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Pod]:
    if redis_image is None:
        pytest.skip("no Docker engine, or it has no image of Redis")
    shell = ("docker", "run", "--rm", redis_image, "sh", "-c", "true")
    if subprocess.run(shell, capture_output=True, timeout=300, check=False).returncode:  # noqa: S603 -- fixed words
        pytest.skip(f"{redis_image} has no shell; scripts/redis-test-image makes one with a shell")
    name, port = f"porta-test-{uuid.uuid4().hex[:8]}", free_port()
    config = tmp_path / "redis.conf"
    # As the chart puts it together: tests/integration/infra/test_foreign_charts.py.
    extra = third_party.redis(Settings.load({}))["extraConfig"]
    config.write_text(f"bind * -::*\nport 6379\naclfile /etc/redis/users.acl\ndir /data\n{extra}")
    users = tmp_path / naming.REDIS_ACL_KEY
    users.write_text(redis_users.acl(administrator=ADMINISTRATOR, porta=PORTA))
    kubectl = tmp_path / "kubectl"
    kubectl.write_text(KUBECTL.replace("NAME", name))
    kubectl.chmod(0o755)
    secret = authority(tmp_path / "tls", HOST) if request.param == "encrypted" else None
    if secret is not None:
        config.write_text(f"{config.read_text().replace('port 6379', 'port 0')}{ENCRYPTED}")
    certificates = _named(secret) if secret is not None else ()
    mounts = (
        *certificates,
        f"{config}:/usr/local/etc/redis/redis.conf:ro",
        f"{users}:/etc/redis/users.acl:ro",
    )
    options = [f"--volume={mount}" for mount in mounts]
    command = ("redis-server", "/usr/local/etc/redis/redis.conf")
    _docker(
        *("run", "--detach", "--name", name, "--publish", f"127.0.0.1:{port}:6379", "--read-only"),
        *("--volume", "/data", *options, redis_image, *command),
    )
    found = Pod(name, port, tmp_path, ca=secret.file if secret is not None else None)
    try:
        assert eventually(found.answers), _docker("logs", name)
        yield found
    finally:
        _docker("rm", "--force", "--volumes", name)


def _named(secret: Authority) -> tuple[str, ...]:
    """The Secret's files, by its keys."""
    files = {"ca.crt": secret.file, "tls.crt": secret.of_server, "tls.key": secret.key}
    return tuple(f"{file}:/etc/redis/tls/{name}:ro" for name, file in files.items())


def _docker(*words: str) -> str:
    done = subprocess.run(  # noqa: S603 -- the tests' own commands
        ("docker", *words),  # noqa: S607 -- the engine's own command
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_keeps_results_and_evicts_only_what_can_be_computed_again(pod: Pod) -> None:
    config = pod.client("default", ADMINISTRATOR).config_get("*")
    assert (config["appendonly"], config["appendfsync"], config["save"]) == ("yes", "everysec", "")
    assert config["maxmemory-policy"] == "volatile-lru"
    assert 0 < int(str(config["maxmemory"])) < 512 * 2**20


def test_no_client_gets_in_without_a_password(pod: Pod) -> None:
    with pytest.raises(redis.AuthenticationError):
        pod.client("default", "").ping()


def test_porta_may_use_its_own_keys_and_no_others(pod: Pod) -> None:
    porta = pod.client("porta", PORTA)
    assert porta.set("propagation/1", b"{}")
    with pytest.raises(redis.exceptions.NoPermissionError):
        porta.set("of-somebody-else", b"")
    with pytest.raises(redis.exceptions.NoPermissionError):
        porta.config_get("*")


def test_a_backup_restores_all_data_and_nothing_else(pod: Pod) -> None:
    porta = pod.client("porta", PORTA)
    porta.set("propagation/1", b"{}")
    porta.set("trajectory/a/slice/0", bytes(range(256)), ex=3600)
    porta.hset("run/a", mapping={"state": "done", "epoch": 3})

    backup = pod.run("redis-backup")
    assert backup.returncode == 0, backup.stderr
    assert backup.stdout.startswith(b"REDIS")

    porta.delete("propagation/1")
    porta.set("propagation/2", b"{}")
    restored = pod.run("redis-restore", backup.stdout)
    assert restored.returncode == 0, restored.stderr
    assert eventually(pod.answers)

    porta = pod.client("porta", PORTA)
    assert sorted(pod.client("default", ADMINISTRATOR).keys()) == [
        *(b"propagation/1", b"run/a", b"trajectory/a/slice/0"),
    ]
    assert porta.get("trajectory/a/slice/0") == bytes(range(256))
    assert 3500 < porta.ttl("trajectory/a/slice/0") <= 3600
    assert porta.hgetall("run/a") == {b"state": b"done", b"epoch": b"3"}


def test_restored_data_survives_the_next_restart(pod: Pod) -> None:
    pod.client("porta", PORTA).set("propagation/1", b"{}")
    assert pod.run("redis-restore", pod.run("redis-backup").stdout).returncode == 0
    assert eventually(pod.answers)
    pod.client("porta", PORTA).set("propagation/2", b"{}")
    _docker("restart", "--time", "20", pod.name)
    assert eventually(pod.answers)
    assert pod.client("porta", PORTA).exists("propagation/1", "propagation/2") == 2


@pytest.mark.parametrize("given", [b"", b"no backup", b"REDIS0011 and then it breaks off"])
def test_a_file_that_is_not_a_backup_changes_nothing(pod: Pod, given: bytes) -> None:
    pod.client("porta", PORTA).set("propagation/1", b"{}")
    restored = pod.run("redis-restore", given)
    assert restored.returncode != 0
    assert b"nothing has been changed" in restored.stderr
    assert pod.client("porta", PORTA).exists("propagation/1") == 1
