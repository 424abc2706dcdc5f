"""The real operator's customers become events that the contracts know."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from schemas import wire
from schemas.records import AutopayChanged, ChargePosted, IdentifierLinked

HEAD = "customerID,tenure,PhoneService,PaymentMethod,MonthlyCharges,TotalCharges\n"
ROWS = HEAD + ("0001-ABCDE,34,Yes,Bank transfer (automatic),56.95,1889.5\n0002-FGHIJ,0,No,Mailed check,20.25, \n")


@pytest.fixture(scope="module")
def example() -> ModuleType:
    path = Path("examples/real_customers.py")
    spec = importlib.util.spec_from_file_location("real_customers", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_every_event_is_one_of_the_contracts(example: ModuleType, tmp_path: Path) -> None:
    file = tmp_path / "customers.csv"
    file.write_text(ROWS)
    rows = example.read(file)
    written = [record for index, row in enumerate(rows) for *_, record in example.events(row, index, 10**12)]
    assert [wire.decode(wire.encode(record)) for record in written] == written
    (charge,) = (record for record in written if isinstance(record, ChargePosted))
    assert charge.amount_minor == 5695
    assert [record.is_enabled for record in written if isinstance(record, AutopayChanged)] == [True, False]
    schemes = [record.scheme for record in written if isinstance(record, IdentifierLinked)]
    assert schemes == ["contract", "msisdn", "contract"]


def test_people_keep_their_ids_and_only_who_has_a_phone_has_a_number(example: ModuleType, tmp_path: Path) -> None:
    file = tmp_path / "customers.csv"
    file.write_text(ROWS)
    one, other = (example.person(row, index) for index, row in enumerate(example.read(file)))
    assert (one.customer_id, other.customer_id) == ("0001-ABCDE", "0002-FGHIJ")
    assert one.msisdn
    assert other.msisdn is None
