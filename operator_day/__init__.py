"""The operator day: upstream's stand-in, which knows the right answer to everything that it sends.

A seeded city lives through one simulated day. What it publishes, what must become of it (the ledger) and what was
seen on the committed topics (the observer) meet in the reconciliation. It speaks through the public contracts
alone and imports no rule of the hub, so that a wrong rule cannot hide in both.
"""

from operator_day.city import Person, build_city
from operator_day.day import run_day
from operator_day.ledger import Ledger
from operator_day.plan import DayPlan, recent_day
from operator_day.progress import Progress
from operator_day.reconcile import reconcile
from operator_day.report import Report

__all__ = ["DayPlan", "Ledger", "Person", "Progress", "Report", "build_city", "recent_day", "reconcile", "run_day"]
