"""Claims about error replies: which mean "not now", and what of them is repeated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest
from redis import exceptions
from redis.connection import DefaultParser

from frontend.errors import (
    LoginRefused,
    NotPermitted,
    StorageError,
    StorageFull,
    StorageRefused,
    StorageUnavailable,
)
from frontend.storage.connection import command, connect, storage_errors
from frontend.storage.replies import NOT_NOW, code_of, storage_error

if TYPE_CHECKING:
    import redis

KEY: Final = "run/secret-key"
# What the errors of redis-py's own table mean, by code; those of ERR by their text.
EXPECTED: Final[dict[str, type[StorageError]]] = {
    "OOM": StorageFull,
    "WRONGPASS": LoginRefused,
    "NOAUTH": LoginRefused,
    "NOPERM": NotPermitted,
    "LOADING": StorageUnavailable,
    "READONLY": StorageUnavailable,
    "TRYAGAIN": StorageUnavailable,
    "CLUSTERDOWN": StorageUnavailable,
    "MASTERDOWN": StorageUnavailable,
    "EXECABORT": StorageRefused,
    "NOSCRIPT": StorageRefused,
    "ASK": StorageRefused,
    "MOVED": StorageRefused,
    "CROSSSLOT": StorageRefused,
    "max number of clients reached": StorageUnavailable,
    "problem with LDAP service": StorageUnavailable,
}
CODES: Final[dict[str, Any]] = DefaultParser.EXCEPTION_CLASSES
TABLE: Final = [*(code for code in CODES if code != "ERR"), *CODES["ERR"]]
LOGIN: Final = (exceptions.AuthenticationError, exceptions.AuthenticationWrongNumberOfArgsError)


def as_read(reply: str) -> exceptions.RedisError:
    """The error that redis-py makes of a reply."""
    error: exceptions.RedisError = DefaultParser.parse_error(reply)  # type: ignore[no-untyped-call] # redis-py's own gap
    return error


def meant(reply: str) -> StorageError:
    """What a reply means, as redis-py reads it."""
    error = storage_error(as_read(reply))
    assert error is not None
    return error


@pytest.mark.parametrize("row", TABLE)
def test_every_error_of_redis_pys_table_is_a_storage_error_of_the_right_kind(row: str) -> None:
    is_code = row in CODES
    place = "7 10.0.0.9:6379" if row in {"ASK", "MOVED"} else f"about {KEY}"
    reply = f"{row} {place}" if is_code else f"ERR {row}"
    error = meant(reply)
    login = isinstance(as_read(reply), LOGIN)
    assert type(error) is EXPECTED.get(row, LoginRefused if login else StorageRefused)
    assert KEY not in error.detail
    assert "10.0.0.9" not in error.detail
    if is_code and row != "OOM":
        assert row in error.detail


@pytest.mark.parametrize("code", [*NOT_NOW, "OOM", "WRONGTYPE", "BUSYGROUP", "NOSCRIPT"])
def test_a_reply_means_the_same_from_a_call_a_pipeline_and_a_class_without_text(
    redis_client: redis.Redis, code: str
) -> None:
    script, reply = "return redis.error_reply(ARGV[1])", f"{code} about {KEY}"
    with pytest.raises(StorageError) as called, storage_errors():
        command(redis_client, "EVAL", script, 0, reply)
    with redis_client.pipeline(transaction=False) as pipe:
        pipe.eval(script, 0, reply)
        with pytest.raises(StorageError) as piped, storage_errors():
            pipe.execute()
    assert type(called.value) is type(piped.value)
    assert called.value.detail == piped.value.detail
    assert KEY not in called.value.detail
    assert isinstance(called.value, StorageUnavailable) == (code in NOT_NOW)


def test_a_condition_is_known_by_its_class_alone() -> None:
    error = storage_error(exceptions.MasterDownError("Link with MASTER is down"))
    assert isinstance(error, StorageUnavailable)


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        ("BUSYKEY Target key name already exists.", "BUSYKEY"),
        ("EXECABORT Transaction discarded because of: MISCONF can't save", "MISCONF"),
        ("user_script:3: attempt to index a nil value", "ERR"),
        ("WRONGTYPE", "WRONGTYPE"),
    ],
)
def test_the_code_is_the_first_word_or_what_aborted_a_transaction(reply: str, code: str) -> None:
    assert code_of(as_read(reply)) == code


def test_a_mistake_in_the_use_of_redis_py_is_none_of_redis_errors() -> None:
    assert storage_error(exceptions.DataError("Invalid input of type")) is None


@pytest.mark.parametrize("password", ["", "wrong"])
def test_a_refused_login_says_so(redis_client: redis.Redis, password: str) -> None:
    redis_client.config_set("requirepass", "secret")
    try:
        port = redis_client.connection_pool.connection_kwargs["port"]
        with (
            connect(f"redis://:{password}@127.0.0.1:{port}/0") as client,
            pytest.raises(LoginRefused, match="login") as caught,
            storage_errors(),
        ):
            client.ping()
        assert caught.value.code == ("WRONGPASS" if password else "NOAUTH")
    finally:
        redis_client.config_set("requirepass", "")
