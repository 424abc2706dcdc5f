"""Rolling caps, exact: every message sent counts by its id until its window has passed."""

from collections.abc import Iterable, Sequence

from agents.message.model import Send, SendState
from agents.message.policy import EXEMPT
from schemas.records import Cap, Channel, MessageClass
from streams.core.records import Millis


def open_channels(
    channels: Sequence[Channel], message_class: MessageClass, caps: Iterable[Cap], sends: Sequence[Send], now: Millis
) -> list[Channel]:
    """Return those of `channels` on which one more message of the class keeps within every cap.

    A message counts against a cap of its class or of all classes, on the channel it was sent on, or on each channel of
    its request as long as the gateway has not said which one it took.
    """
    if message_class == EXEMPT:
        return list(channels)
    open_ = list(channels)
    for cap in caps:
        if not open_:
            break
        if cap.message_class in (None, message_class) and _is_used_up(cap, sends, now):
            open_ = [] if cap.channel is None else [channel for channel in open_ if channel != cap.channel]
    return open_


def _is_used_up(cap: Cap, sends: Sequence[Send], now: Millis) -> bool:
    since = now - cap.window_seconds * 1000
    taken = sum(1 for send in sends if send.sent_at > since and _counts(send, cap))
    return cap.limit is not None and taken >= cap.limit


def _counts(send: Send, cap: Cap) -> bool:
    return (
        send.message_class != EXEMPT
        and send.state != SendState.FAILED  # the slot is given back
        and cap.message_class in (None, send.message_class)
        and (cap.channel is None or cap.channel in send.channels)
    )
