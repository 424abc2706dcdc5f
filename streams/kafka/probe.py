"""Asks a socket whether a Kafka broker answers there, in one request and without a client library."""

import socket
import struct
from typing import Final

_API_VERSIONS: Final = 18
_CORRELATION: Final = 7
_MOST_BYTES: Final = 1 << 20


def api_versions(host: str, port: int, timeout_seconds: float = 1.0) -> frozenset[int]:
    """Return the API keys that the broker at this address serves (`ApiVersions` v0).

    Raises:
        OSError: nothing listens there, or it does not answer in time.
        ValueError: what listens there does not speak Kafka.
    """
    # Header v1: api key, version, correlation id, client id (null); the request's body is empty.
    request = struct.pack(">hhih", _API_VERSIONS, 0, _CORRELATION, -1)
    with socket.create_connection((host, port), timeout=timeout_seconds) as connection:
        connection.sendall(struct.pack(">i", len(request)) + request)
        (size,) = struct.unpack(">i", _read(connection, 4))
        if not 10 <= size <= _MOST_BYTES:  # noqa: PLR2004 - the shortest answer: correlation id, error, count
            raise ValueError("no Kafka broker answers there")
        body = _read(connection, size)
    correlation, error, count = struct.unpack_from(">ihi", body)
    if correlation != _CORRELATION or error or len(body) < 10 + 6 * count:
        raise ValueError("no Kafka broker answers there")
    return frozenset(struct.unpack_from(">hhh", body, 10 + 6 * i)[0] for i in range(count))


def free_port() -> int:
    """Return a loopback port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_taken(port: int) -> bool:
    """Return whether somebody listens on a loopback port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _read(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            raise ConnectionError("closed while answering")
        data += part
    return data
