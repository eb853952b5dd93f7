"""Admission: expensive reads share one process's cores and memory fairly (docs/adr/0053)."""

from __future__ import annotations

from frontend.admission.admission import Admission
from frontend.admission.asker import ASKER
from frontend.admission.process_memory import economise, give_back

__all__ = ["ASKER", "Admission", "economise", "give_back"]
