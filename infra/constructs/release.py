"""A Helm release, as both stacks install them.

- It can be deployed again after a first installation that failed. The provider does not record
  such a release, so that without `upgrade_install` every later one ends with "cannot re-use a name
  that is still in use" (hashicorp/terraform-provider-helm#1665).
- Terraform waits for its pods for as long as the settings say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import yaml

from infra._cdk import Construct, Release

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infra.settings import Settings

__all__ = ["install"]

REVISIONS_KEPT: Final = 5  # that `helm rollback` can go back to; each is a Secret in the namespace


def install(
    scope: Construct,
    id_: str,
    *,
    settings: Settings,
    values: Mapping[str, Any],
    **release: Any,  # noqa: ANN401 -- the provider's own arguments
) -> Release:
    """Install a chart with these values, or upgrade it."""
    return Release(
        scope,
        id_,
        # Terraform would take braces in the values for its own templates.
        values=[_literal(yaml.safe_dump(values))],
        upgrade_install=True,
        max_history=REVISIONS_KEPT,
        timeout=settings.release_timeout,
        **release,
    )


def _literal(text: str) -> str:
    return text.replace("${", "$${").replace("%{", "%%{")
