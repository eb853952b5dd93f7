"""The ACL file: two users, and Porta's has the rules that the frontend's tests hold."""

from __future__ import annotations

from frontend.storage import acl
from infra import redis_users


def test_the_file_names_two_users_with_a_password_each() -> None:
    default, porta = redis_users.acl(administrator="a" * 8, porta="b" * 8).splitlines()
    assert default == f"user default on >{'a' * 8} ~* &* +@all"
    assert porta.startswith(f"user porta on >{'b' * 8} ")


def test_portas_rules_are_the_applications_own() -> None:
    _, porta = redis_users.acl(administrator="a", porta="b").splitlines()
    assert tuple(porta.split()[4:]) == acl.RULES


def test_the_url_authenticates_as_that_user() -> None:
    assert redis_users.url(porta="b", host="redis.porta") == "redis://porta:b@redis.porta:6379/0"
