"""What rules want done about a customer, and what the contact policy remembers of them."""

import math
from enum import IntEnum
from hashlib import blake2b
from typing import Final, TypeAlias

import msgspec

from schemas.reasons import SuppressionReason
from schemas.records import Channel, MessageClass
from streams.core.records import Millis


class Notice(msgspec.Struct, frozen=True, gc=False):
    """Somebody should be told; the contact policy decides whether, when and how.

    The same purpose, subject and phase is the same message, however often and for whatever cause it is wanted: a rule
    puts into `phase` what makes one occasion differ from the next.

    Attributes:
        purpose: What it is about, such as `balance.low`; names the template.
        subject: What it is about in particular, such as the account.
        phase: Which occasion of that subject.
        parameters: Values for the template by name.
        expires_at: Useless from then on, UTC milliseconds.
        true_below: True only while the subject's figure is below this, in the figure's own unit; None: a `Withdraw`
            of the whole subject alone makes it untrue.
        without: Channels that are of no use for it, such as those that need what is broken.
    """

    purpose: str
    subject: str
    phase: str
    parameters: dict[str, int | str]
    expires_at: Millis
    true_below: int | None = None
    without: tuple[Channel, ...] = ()


def identity(*named: str | int) -> str:
    """Return an output's id: the same names, the same id."""
    return blake2b(msgspec.msgpack.encode(named), digest_size=16).hexdigest()


def message_id(customer_id: str, purpose: str, subject: str, phase: str) -> str:
    """Return the message's id: the same purpose, subject and phase for the same customer is the same message."""
    return identity(customer_id, purpose, subject, phase)


class Covered(msgspec.Struct, frozen=True, gc=False):
    """A rule wanted a message and something stops it; becomes a suppression.

    Attributes:
        notice: What was wanted.
        reason: What stopped it.
    """

    notice: Notice
    reason: SuppressionReason


class Withdraw(msgspec.Struct, frozen=True, gc=False):
    """What waits to be said about a subject is no longer true; each message becomes a suppression as `covered`.

    It concerns what is held. What was requested already is not touched, and what is wanted later is decided anew.

    Attributes:
        purpose: What it is about.
        subject: What it is about in particular.
        reached: The subject's figure now: only what was true below it or at it is withdrawn; None for everything.
    """

    purpose: str
    subject: str
    reached: int | None = None


class Emit(msgspec.Struct, frozen=True, gc=False):
    """A record for one of the customer's output topics, keyed by the customer's id.

    Attributes:
        topic: Logical topic name.
        record: The typed record.
        id: The output's CloudEvents id, the same for the same decision.
    """

    topic: str
    record: msgspec.Struct
    id: str


Effect: TypeAlias = Notice | Covered | Withdraw | Emit
"""What a rule wants done."""

NOTHING: tuple[Effect, ...] = ()
"""The effects of an event that only changes state."""


CONTACT: Final = "contact"
HOLDS: Final = "holds"


class SendState(IntEnum):
    """What became of a request. It only grows: of contradicting reports the one that means contact counts."""

    OUTSTANDING = 0
    """Requested, and nothing heard since."""
    CANCELLED = 1
    """Taken back by the hub; the slot stays taken, for it may have been sent."""
    ACCEPTED = 2
    FAILED = 3
    """Not sent; it counts against no cap."""
    DELIVERED = 4


class Consent(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """The newest word on one class and channel.

    Attributes:
        is_granted: Granted, or revoked.
        at: When it was said.
        valid_to: Until when a grant holds, exclusive; None is open.
        proof_ref: Where the proof lies.
    """

    is_granted: bool
    at: Millis
    valid_to: Millis | None = None
    proof_ref: str | None = None

    def holds(self, now: Millis) -> bool:
        """Return True when it grants, and still does."""
        return self.is_granted and (self.valid_to is None or now < self.valid_to)

    def version(self) -> tuple[Millis, bool, float, str]:
        """Order words on the same matter: the later counts, of two at once the one that allows less."""
        end = math.inf if self.valid_to is None else self.valid_to
        return self.at, not self.is_granted, -end, self.proof_ref or ""


class Preference(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What the customer prefers; None is what the policy says.

    Attributes:
        at: When it was said; -1 before the first.
        quiet_from: Minute of the local day from which they want quiet.
        quiet_to: Minute at which it ends; the same minute for none at all.
        channel: Channel to try first.
    """

    at: Millis = -1
    quiet_from: int | None = None
    quiet_to: int | None = None
    channel: Channel | None = None

    def version(self) -> tuple[Millis, int, int, str]:
        """Order preferences: the later counts; of two at once, the same one on every worker."""
        begin = -1 if self.quiet_from is None else self.quiet_from
        end = -1 if self.quiet_to is None else self.quiet_to
        return self.at, begin, end, self.channel or ""


class Send(msgspec.Struct, array_like=True, gc=False):
    """A message that was requested.

    Attributes:
        message_id: The message.
        sent_at: When it was requested: the slot of every cap is taken from then on.
        message_class: Its class.
        channels: Channels of the request; the one the gateway took, once it said so.
        expires_at: The gateway may send it until then.
        state: What became of it.
    """

    message_id: str
    sent_at: Millis
    message_class: MessageClass
    channels: list[Channel]
    expires_at: Millis
    state: SendState = SendState.OUTSTANDING

    def is_outstanding(self, now: Millis) -> bool:
        """Return True while nothing was heard of it and it may still go out."""
        return self.state == SendState.OUTSTANDING and now < self.expires_at

    def report(self, state: SendState, channel: Channel) -> None:
        """Take over what the gateway says; it names the channel it took, so that the others' slots are free again."""
        self.state = max(self.state, state)
        if channel in self.channels and state != SendState.FAILED:
            self.channels = [channel]


class Contact(msgspec.Struct, array_like=True, gc=False):
    """Section `contact`. A guard: nothing leaves it before its time, see `verdict` and `arbitration` for the bounds.

    Attributes:
        consents: By `class/channel`.
        preference: The newest.
        sends: Messages requested, oldest first, for as long as they count anywhere.
        suppressed: When a message was suppressed, by its id, for as long as it may be wanted once more.
    """

    consents: dict[str, Consent] = {}
    preference: Preference = Preference()
    sends: list[Send] = []
    suppressed: dict[str, Millis] = {}

    def consent(self, message_class: MessageClass, channel: Channel) -> Consent | None:
        """Return the newest word on that class and channel."""
        return self.consents.get(f"{message_class}/{channel}")

    def take_consent(self, message_class: MessageClass, channel: Channel, consent: Consent) -> bool:
        """Take over a word when it is the newest; return whether it was."""
        known = self.consent(message_class, channel)
        if known is not None and known.version() >= consent.version():
            return False
        self.consents[f"{message_class}/{channel}"] = consent
        return True


class Wish(msgspec.Struct, array_like=True, gc=False):
    """A message that is wanted, with all that is needed to decide it, now or at the end of quiet hours.

    Attributes:
        message_id: The message.
        purpose: What it is about.
        message_class: Its class when it was wanted; UNKNOWN without a template.
        parameters: Values for the template.
        expires_at: Useless from then on.
        cause_event_id: `event_id` of the event that led to it.
        cause_source: Its source.
        wanted_at: When it was wanted.
        due: When it is looked at again; 0 while it is not held.
        subject: What it is about in particular.
        true_below: True only while the subject's figure is below this.
        without: Channels that are of no use for it.
    """

    message_id: str
    purpose: str
    message_class: MessageClass
    parameters: dict[str, int | str]
    expires_at: Millis
    cause_event_id: str
    cause_source: str
    wanted_at: Millis
    due: Millis = 0
    subject: str = ""
    true_below: int | None = None
    without: tuple[Channel, ...] = ()

    def is_ended_by(self, withdraw: Withdraw) -> bool:
        """Return True when it is no longer true by what is withdrawn."""
        if (withdraw.purpose, withdraw.subject) != (self.purpose, self.subject):
            return False
        return withdraw.reached is None or (self.true_below is not None and withdraw.reached >= self.true_below)


class Holds(msgspec.Struct, array_like=True, gc=False):
    """Section `holds`. A guard: nothing leaves it but by its release, or because it is no longer true.

    Attributes:
        held: By message id.
    """

    held: dict[str, Wish] = {}
