"""The Secrets, generated on the cluster: neither the state nor the synthesis output holds a value.

Ephemeral passwords (hashicorp/random 3.7) go into write-only attributes (Terraform 1.11,
hashicorp/kubernetes 2.36). They are written when the revision changes, all in one apply, so both
namespaces hold the same password of the Gateway.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from infra import naming, redis_users
from infra._cdk import Construct, SecretV1, SecretV1Metadata, TerraformStack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from infra.settings import Settings

__all__ = ["GeneratedSecrets"]

LENGTH: Final = 40  # letters and digits: 238 bits
PASSWORDS: Final = ("redis_administrator", "redis_porta", "gateway", "notebook", "session")


class GeneratedSecrets(Construct):
    """Every Secret that Porta needs."""

    def __init__(
        self, scope: Construct, id_: str, *, settings: Settings, after: Sequence[Construct]
    ) -> None:
        super().__init__(scope, id_)
        self._revision = settings.secrets_revision
        self._after = list(after)
        self._declare_passwords()
        namespace, password = settings.namespace, _password
        users = redis_users.acl(
            administrator=password("redis_administrator"), porta=password("redis_porta")
        )
        location = redis_users.url(
            porta=password("redis_porta"),
            host=f"{naming.REDIS_RELEASE}.{namespace}",
            encrypted=bool(settings.redis_tls_secret),
        )
        self.secrets = [
            self._secret(
                "RedisUsers", namespace, naming.REDIS_ACL_SECRET, naming.REDIS_ACL_KEY, users
            ),
            self._secret(
                "RedisUrl", namespace, naming.REDIS_URL_SECRET, naming.REDIS_URL_KEY, location
            ),
            *(
                self._secret(
                    id_, space, naming.GATEWAY_SECRET, naming.GATEWAY_KEY, password("gateway")
                )
                for id_, space in (
                    ("Gateway", namespace),
                    ("GatewayOwn", settings.gateway_namespace),
                )
            ),
            self._secret(
                "Notebook",
                namespace,
                naming.NOTEBOOK_SECRET,
                naming.NOTEBOOK_KEY,
                password("notebook"),
            ),
            self._secret(
                "Session", namespace, naming.SESSION_SECRET, naming.SESSION_KEY, password("session")
            ),
        ]

    def _declare_passwords(self) -> None:
        stack = TerraformStack.of(self)
        stack.add_override(
            "terraform.required_providers.random",
            {"source": "hashicorp/random", "version": "~> 3.7"},
        )
        for name in PASSWORDS:
            # Letters and digits only, because they go into a URL and into an ACL file.
            stack.add_override(
                f"ephemeral.random_password.{name}", {"length": LENGTH, "special": False}
            )

    def _secret(self, id_: str, namespace: str, name: str, key: str, text: str) -> SecretV1:
        return SecretV1(
            self,
            id_,
            metadata=SecretV1Metadata(name=name, namespace=namespace),
            type="Opaque",
            data_wo={key: text},
            data_wo_revision=self._revision,
            depends_on=self._after,
        )


def _password(name: str) -> str:
    return "${ephemeral.random_password." + name + ".result}"
