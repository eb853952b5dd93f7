"""RO-Crates: a run or an ensemble as a folder or a zip that says of itself what it is.

contents     the files of a crate, by name
checkpoints  the checkpoints of a run as a table, and back
environment  the versions that it was computed with
making       what goes into the crate of a run, and of an ensemble
writing      writes a crate (needs the package rocrate: the extra `crate`)

https://www.researchobject.org/ro-crate/specification/1.3/
"""

from __future__ import annotations
