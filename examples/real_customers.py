"""Publishes a real operator's customers through the public contracts, or lets them live through the operator day.

    python examples/real_customers.py publish Telco-Customer-Churn.csv
    python examples/real_customers.py day Telco-Customer-Churn.csv [--broker kafka] [--crash]

The file is the public Telco Customer Churn data set: 7,043 customers of a telecom operator (IBM/telco-customer-churn-
on-icp4d on GitHub, Apache-2.0). It has no numbers and no names: who has a phone service is given a number of the
city's, and for 11 newcomers nothing was charged yet (a blank TotalCharges).

`publish` writes to the cluster that HUB_BROKER names, under HUB_TOPIC_PREFIX, as upstream systems would: CRM says who
has which contract, billing charges the month to the contract and says whether it is paid automatically.
"""

import argparse
import asyncio
import csv
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import msgspec

from hub.connection import writer
from hub.demo.plan import DemoPlan
from hub.demo.showing import run
from operator_day import DayPlan, Person
from operator_day.city import number_of
from schemas import records, wire
from streams.settings import load

MONTH_MILLIS = 30 * 24 * 3600 * 1000
TIMEZONE = "America/Los_Angeles"  # the operator's customers live in California
CURRENCY = "USD"
CRM, BILLING = "/examples/telco/crm", "/examples/telco/billing"


@dataclass(frozen=True)
class Row:
    """What the data set says of a customer that the hub has a use for."""

    customer_id: str
    tenure_months: int
    has_phone: bool
    is_autopay: bool
    monthly_minor: int
    was_charged: bool

    def __repr__(self) -> str:
        return "Row(...)"


def read(path: Path) -> list[Row]:
    """Read the data set, in its order."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [
            Row(
                customer_id=line["customerID"],
                tenure_months=int(line["tenure"]),
                has_phone=line["PhoneService"] == "Yes",
                is_autopay="automatic" in line["PaymentMethod"],
                monthly_minor=int(Decimal(line["MonthlyCharges"]) * 100),
                was_charged=bool(line["TotalCharges"].strip()),
            )
            for line in csv.DictReader(file)
        ]


def person(row: Row, index: int) -> Person:
    """Give the customer as the operator day knows people; what the data set does not say is drawn by the city."""
    return Person(
        customer_id=row.customer_id,
        language="en",
        timezone=TIMEZONE,
        msisdn=number_of(index) if row.has_phone else None,
        contract=f"K-{row.customer_id}",
        accounts=(f"A-{row.customer_id}",),
    )


def events(row: Row, index: int, now: int) -> Iterator[tuple[str, str, msgspec.Struct]]:
    """Yield topic, key and record of what upstream says about a customer; the same file gives the same ids."""
    told, contract = f"customer:{row.customer_id}", f"contract:K-{row.customer_id}"
    for record in known(row, index, now):
        yield "crm.customer.v1", told, record
    for record in billed(row, index, now):
        yield "billing.account.v1", contract, record


def known(row: Row, index: int, now: int) -> Iterator[msgspec.Struct]:
    """Yield what CRM says: who they are, and which contract and number are theirs since when."""
    customer, since = row.customer_id, now - row.tenure_months * MONTH_MILLIS
    yield records.CustomerUpserted(f"{index}-upserted", CRM, now, customer, None, "en", TIMEZONE)
    yield records.IdentifierLinked(f"{index}-contract", CRM, now, customer, "contract", f"K-{customer}", since)
    if row.has_phone:
        yield records.IdentifierLinked(f"{index}-msisdn", CRM, now, customer, "msisdn", number_of(index), since)


def billed(row: Row, index: int, now: int) -> Iterator[msgspec.Struct]:
    """Yield what billing says about the account of the contract."""
    account = f"A-{row.customer_id}"
    yield records.AutopayChanged(f"{index}-autopay", BILLING, now, account, row.is_autopay)
    if row.was_charged:
        yield records.ChargePosted(
            f"{index}-charged", BILLING, now, account, f"{index}-month", row.monthly_minor, CURRENCY, "monthly-fee", 1
        )


async def publish(rows: list[Row]) -> int:
    """Publish everything to the cluster of the environment; return how many events."""
    now = int(time.time() * 1000)
    count = 0
    async with writer(load()) as target:
        for index, row in enumerate(rows):
            async with asyncio.TaskGroup() as group:
                for topic, key, record in events(row, index, now):
                    group.create_task(target.write(topic, key.encode(), wire.encode(record), ()))
                    count += 1
    return count


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("publish", "day"))
    parser.add_argument("path", type=Path)
    parser.add_argument("--broker", default="embedded", help="of the day: embedded, kafka or host:port")
    parser.add_argument("--crash", action="store_true", help="of the day: kill a worker half way")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    rows = read(given.path)
    if given.command == "publish":
        print(f"{asyncio.run(publish(rows)):,} events about {len(rows):,} customers published", file=sys.stderr)
        return
    people = tuple(person(row, index) for index, row in enumerate(rows))
    day = DayPlan(seed=given.seed, customers=len(people), people=people)
    sys.exit(run(DemoPlan(day=day, broker=given.broker, is_crashing=given.crash)))


if __name__ == "__main__":
    main()
