"""Admission: expensive reads share one process's cores and memory fairly (docs/adr/0053)."""

from __future__ import annotations

from frontend.admission.admission import Admission
from frontend.admission.current_client import CURRENT_CLIENT
from frontend.admission.process_memory import economise, give_back

__all__ = ["CURRENT_CLIENT", "Admission", "economise", "give_back"]
