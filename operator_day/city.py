"""The people of the city: who they are, how upstream names them, where they live. Deterministic per seed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Final, Literal

from operator_day.zones import WEIGHTS, ZONES

Placement = Literal["murmur2", "crc32"]

_NAMES: Final = ("Anna", "Ivan", "Maria", "Pavel", "Olga", "Dmitry", "Elena", "Sergey", "Daria", "Timur", "Alsu")
_PREFIXES: Final = ("903", "905", "910", "915", "916", "917", "921", "925", "926", "985")
_NUMBERED, _BY_CUSTOMER, _SPELT_OTHERWISE, _LIBRDKAFKA = 0.8, 0.12, 0.15, 0.1
_APP_UNTIL, _MAIL_FROM, _MAIL_UNTIL = 0.08, 0.05, 0.12
"""Shares of the people: some have the app, some mail, a few both; mail has everybody without app and number."""

_SUBSCRIBERS: Final = 10_000_000
_STRIDE: Final = 7_919
"""Prime, and no divisor of ten millions: numbers look scattered and none comes twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A customer as upstream knows them.

    Attributes:
        customer_id: opaque, `[A-Za-z0-9][A-Za-z0-9._-]{0,63}`.
        msisdn: E.164 digits without the plus, or None; contract, app and email likewise their normal spelling.
        accounts: their billing accounts, at least one.
        subject: what their usage and billing are keyed by: customer, msisdn or contract.
        spelling: how upstream writes the number in keys, by `spell`.
        placement: which partitioner the producers of this person's events use.
    """

    customer_id: str
    first_name: str | None = None
    language: str | None = "ru"
    timezone: str | None = None
    msisdn: str | None = None
    contract: str | None = None
    app: str | None = None
    email: str | None = None
    accounts: tuple[str, ...] = ()
    subject: Literal["customer", "msisdn", "contract"] = "customer"
    spelling: int = 0
    placement: Placement = "murmur2"

    def __repr__(self) -> str:
        return "Person(…)"

    def key(self) -> bytes:
        """Give the Kafka key of this person's usage and billing, as upstream spells it."""
        if self.subject == "msisdn" and self.msisdn is not None:
            return f"msisdn:{spell(self.msisdn, self.spelling)}".encode()
        if self.subject == "contract" and self.contract is not None:
            return f"contract:{self.contract}".encode()
        return self.customer_key()

    def customer_key(self) -> bytes:
        """Give the Kafka key that names the customer outright."""
        return f"customer:{self.customer_id}".encode()

    def identifiers(self) -> tuple[tuple[str, str], ...]:
        """Give (scheme, value in its normal spelling) of all that is to be linked."""
        named = (("msisdn", self.msisdn), ("contract", self.contract), ("app", self.app), ("email", self.email))
        return tuple((scheme, value) for scheme, value in named if value is not None)


def spell(msisdn: str, spelling: int) -> str:
    """Write a Russian number the way one of five systems does; 0 is its normal form."""
    if not spelling:
        return msisdn
    area, first, second, third = msisdn[1:4], msisdn[4:7], msisdn[7:9], msisdn[9:]
    forms = (
        msisdn,
        f"+{msisdn}",
        f"8{msisdn[1:]}",
        f"+7 ({area}) {first}-{second}-{third}",
        f"8 {area} {first}-{second}-{third}",
    )
    return forms[spelling % len(forms)]


def build_city(seed: int, customers: int, people: Sequence[Person] = ()) -> list[Person]:
    """Give `customers` people: first the given ones, furnished with what they lack, then made-up ones.

    Ids, numbers and contracts of the made-up are unique within a city and differ from the given ones'.
    """
    rng = Random(f"city/{seed}")
    taken = {person.customer_id for person in people}
    city = [_furnished(person, index, rng) for index, person in enumerate(people)]
    index = len(city)
    while len(city) < customers:
        name = f"C{seed % 1000:03d}-{index:07d}"
        if name not in taken:
            city.append(_furnished(Person(customer_id=name), index, rng))
        index += 1
    return city


def number_of(index: int) -> str:
    """Give the `index`-th number of the city; distinct for distinct indices below ten millions."""
    prefix = _PREFIXES[index % len(_PREFIXES)]
    return f"7{prefix}{(index * _STRIDE) % _SUBSCRIBERS:07d}"


def _furnished(person: Person, index: int, rng: Random) -> Person:
    has_number = rng.random() < _NUMBERED
    furnished = person
    if person.msisdn is None and person.contract is None:
        contract = None if has_number and rng.random() < _NUMBERED else f"D{index:08d}"
        furnished = replace(person, msisdn=number_of(index) if has_number else None, contract=contract)
    digital = rng.random()
    # Whoever has neither number nor app gave an address on the contract: everybody can be told of an outage.
    has_mail = _MAIL_FROM < digital < _MAIL_UNTIL or (furnished.msisdn is None and digital >= _APP_UNTIL)
    return replace(
        furnished,
        first_name=person.first_name or rng.choice(_NAMES),
        timezone=person.timezone or rng.choices(ZONES, WEIGHTS)[0],
        accounts=person.accounts or (f"A{index:08d}",),
        app=person.app or (f"app-{index:x}" if digital < _APP_UNTIL else None),
        email=person.email or (f"user{index}@example.org" if has_mail else None),
        subject=_subject(furnished, rng),
        spelling=rng.choice((1, 2, 3, 4)) if rng.random() < _SPELT_OTHERWISE else 0,
        placement="crc32" if rng.random() < _LIBRDKAFKA else "murmur2",
    )


def _subject(person: Person, rng: Random) -> Literal["customer", "msisdn", "contract"]:
    if rng.random() < _BY_CUSTOMER:
        return "customer"
    return "msisdn" if person.msisdn else "contract"
