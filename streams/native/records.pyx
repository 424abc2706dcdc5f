# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""Kafka's record batches of format 2, as bytes: a fetched one into records, rows into one to produce.

aiokafka's own reader and builder are the oracle. What is not read here (compressed, cut off, not of this format, or a
header's name that is not UTF-8) is refused, and left to aiokafka.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.object cimport PyObject
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc, realloc
from libc.string cimport memcpy

cdef extern from "Python.h":
    object PyUnicode_DecodeUTF8(const char* text, Py_ssize_t size, const char* errors)
    const char* PyUnicode_AsUTF8AndSize(object text, Py_ssize_t* size) except NULL
    object PyObject_Vectorcall(object made, PyObject** arguments, size_t count, PyObject* names)

cdef extern from "crc32c.h":
    void crc32c_prepare()
    uint32_t crc32c(const uint8_t* data, size_t size)
    uint32_t crc32c_by_tables(const uint8_t* data, size_t size)

crc32c_prepare()

cdef enum:
    HEADER = 61
    LENGTH_AT = 8
    AFTER_LENGTH = 12
    LEADER_EPOCH_AT = 12
    MAGIC_AT = 16
    CRC_AT = 17
    ATTRIBUTES_AT = 21
    LAST_DELTA_AT = 23
    FIRST_TIME_AT = 27
    MOST_TIME_AT = 35
    PRODUCER_AT = 43
    EPOCH_AT = 51
    SEQUENCE_AT = 53
    COUNT_AT = 57
    MAGIC = 2
    COMPRESSION = 7
    LOG_APPEND_TIME = 8
    TRANSACTIONAL = 16


cdef uint64_t _number_at(const uint8_t* at, int size) noexcept:
    cdef uint64_t number = 0
    cdef int k
    for k in range(size):
        number = number << 8 | at[k]
    return number


cdef void _set_number(uint8_t* at, uint64_t number, int size) noexcept:
    cdef int k
    for k in range(size):
        at[size - 1 - k] = <uint8_t>(number >> 8 * k)


cdef struct Cursor:
    const uint8_t* at
    const uint8_t* end


cdef int64_t _varint(Cursor* c) except? -1:
    cdef uint64_t number = 0
    cdef int shift = 0
    cdef uint8_t byte
    while shift < 64:
        if c.at >= c.end:
            raise ValueError("a record is cut off")
        byte = c.at[0]
        c.at += 1
        number |= <uint64_t>(byte & 127) << shift
        if byte < 128:
            return <int64_t>(number >> 1) ^ -<int64_t>(number & 1)
        shift += 7
    raise ValueError("a number of a record is too long")


cdef object _bytes(Cursor* c):
    cdef int64_t size = _varint(c)
    if size < 0:
        return None
    if size > c.end - c.at:
        raise ValueError("a record is cut off")
    c.at += size
    return PyBytes_FromStringAndSize(<const char*>(c.at - size), size)


cdef tuple _headers(Cursor* c):
    cdef int64_t count = _varint(c), size
    cdef list found = []
    if count == 0:
        return ()
    if count < 0 or count > c.end - c.at:
        raise ValueError("a record has a wrong count of headers")
    for _ in range(count):
        size = _varint(c)
        if size < 0 or size > c.end - c.at:
            raise ValueError("a header's name is cut off")
        name = PyUnicode_DecodeUTF8(<const char*>c.at, size, NULL)
        c.at += size
        found.append((name, _bytes(c)))
    return tuple(found)


def read(const uint8_t[::1] batch not None, make, topic, partition):
    """Return the records of one whole batch that is not compressed, each made of topic, partition, offset, timestamp,
    key, value and headers.

    Raises:
        ValueError: it is not such a batch, or its bytes are wrong; UnicodeDecodeError, for a header's name, is one.
    """
    cdef Py_ssize_t size = batch.shape[0]
    cdef const uint8_t* start
    cdef Cursor c, one
    cdef int attributes
    cdef int64_t base, first_time, most_time, length
    cdef uint32_t count
    cdef list found = []
    cdef object offset, time, key, value, headers  # not numbers of C: their references are handed on
    cdef PyObject* given[7]
    if size < HEADER:
        raise ValueError("a batch is cut off")
    start = &batch[0]
    attributes = <int>_number_at(start + ATTRIBUTES_AT, 2)
    if start[MAGIC_AT] != MAGIC or attributes & COMPRESSION:
        raise ValueError("not an uncompressed batch of format 2")
    if <int64_t><int32_t>_number_at(start + LENGTH_AT, 4) != size - AFTER_LENGTH:
        raise ValueError("a batch is cut off")
    base, count = <int64_t>_number_at(start, 8), <uint32_t>_number_at(start + COUNT_AT, 4)
    first_time, most_time = <int64_t>_number_at(start + FIRST_TIME_AT, 8), <int64_t>_number_at(start + MOST_TIME_AT, 8)
    c.at, c.end = start + HEADER, start + size
    given[0], given[1] = <PyObject*>topic, <PyObject*>partition
    for _ in range(count):
        length = _varint(&c)
        if length < 0 or length > c.end - c.at:
            raise ValueError("a record is cut off")
        one.at, one.end = c.at, c.at + length
        _varint(&one)  # attributes, of which there are none yet; one byte, whatever it is
        time = <int64_t>(<uint64_t>first_time + <uint64_t>_varint(&one))  # whatever they are, they wrap round
        if attributes & LOG_APPEND_TIME:
            time = most_time
        offset = <int64_t>(<uint64_t>base + <uint64_t>_varint(&one))
        key = _bytes(&one)
        value = _bytes(&one)
        headers = _headers(&one)
        if one.at != one.end:
            raise ValueError("a record has another size than it says")
        given[2], given[3], given[4] = <PyObject*>offset, <PyObject*>time, <PyObject*>key
        given[5], given[6] = <PyObject*>value, <PyObject*>headers
        found.append(PyObject_Vectorcall(make, given, 7, NULL))
        c.at = one.end
    if c.at != c.end:
        raise ValueError("bytes follow the last record")
    return found


cdef struct Buffer:
    uint8_t* start
    Py_ssize_t size
    Py_ssize_t room


cdef int _make_room(Buffer* out, Py_ssize_t more) except -1:
    cdef Py_ssize_t room
    cdef uint8_t* moved
    if out.size + more > out.room:
        room = 2 * (out.size + more)
        moved = <uint8_t*>realloc(out.start, room)
        if moved is NULL:
            raise MemoryError
        out.start, out.room = moved, room
    return 0


cdef int _size_of(int64_t number) noexcept:
    cdef uint64_t left = (<uint64_t>number << 1) ^ <uint64_t>(number >> 63)
    cdef int size = 1
    while left > 127:
        left >>= 7
        size += 1
    return size


cdef void _write_varint(Buffer* out, int64_t number) noexcept:
    """Write a number; there is room for ten bytes."""
    cdef uint64_t left = (<uint64_t>number << 1) ^ <uint64_t>(number >> 63)
    while left > 127:
        out.start[out.size] = <uint8_t>(left & 127) | 128
        out.size += 1
        left >>= 7
    out.start[out.size] = <uint8_t>left
    out.size += 1


cdef int _write_bytes(Buffer* out, bytes data) except -1:
    if data is None:
        _make_room(out, 10)
        _write_varint(out, -1)
        return 0
    _make_room(out, 10 + PyBytes_GET_SIZE(data))
    _write_varint(out, PyBytes_GET_SIZE(data))
    memcpy(out.start + out.size, PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data))
    out.size += PyBytes_GET_SIZE(data)
    return 0


cdef Py_ssize_t _size_of_bytes(bytes data) except -1:
    if data is None:
        return 1
    return _size_of(PyBytes_GET_SIZE(data)) + PyBytes_GET_SIZE(data)


def build(rows, Py_ssize_t start, Py_ssize_t most_bytes, int64_t now, *, bint is_transactional, int64_t producer_id,
          int producer_epoch, int64_t sequence):
    """Return a batch of the rows from `start` on, as many as it has room for, the first always; and how many.

    Args:
        rows: With `timestamp` (None is now), `key`, `value` and `headers`.
        start: The first to write.
        most_bytes: Of the whole batch, with its header.
        now: UTC milliseconds.
        is_transactional, producer_id, producer_epoch, sequence: What the batch says of its producer.

    Raises:
        TypeError: a row holds something else.
    """
    cdef Buffer out
    cdef Py_ssize_t number, total = len(rows), count = 0, length
    cdef int64_t time, first_time = 0, most_time = 0
    cdef bytes key, value
    out.size, out.room = HEADER, 4096
    out.start = <uint8_t*>malloc(out.room)
    if out.start is NULL:
        raise MemoryError
    try:
        for number in range(start, total):
            row = rows[number]
            stamp = row.timestamp
            time = now if stamp is None else stamp
            if not count:
                first_time = most_time = time
            key, value = row.key, row.value
            headers = [(name.encode(), data) for name, data in row.headers] if row.headers else None
            length = 1 + _size_of(time - first_time) + _size_of(count) + _size_of_bytes(key) + _size_of_bytes(value)
            length += _size_of(len(headers) if headers is not None else 0)
            if headers is not None:
                for name, data in headers:
                    length += _size_of_bytes(name) + _size_of_bytes(data)
            if count and out.size + _size_of(length) + length >= most_bytes:  # as aiokafka's builder
                break
            _make_room(&out, length + 10)
            _write_varint(&out, length)
            out.start[out.size] = 0
            out.size += 1
            _make_room(&out, 20)
            _write_varint(&out, time - first_time)
            _write_varint(&out, count)
            _write_bytes(&out, key)
            _write_bytes(&out, value)
            _make_room(&out, 10)
            _write_varint(&out, len(headers) if headers is not None else 0)
            if headers is not None:
                for name, data in headers:
                    _write_bytes(&out, name)
                    _write_bytes(&out, data)
            most_time = max(most_time, time)
            count += 1
        _set_number(out.start, 0, 8)
        _set_number(out.start + LENGTH_AT, out.size - AFTER_LENGTH, 4)
        _set_number(out.start + LEADER_EPOCH_AT, <uint64_t>-1, 4)
        out.start[MAGIC_AT] = MAGIC
        _set_number(out.start + ATTRIBUTES_AT, TRANSACTIONAL if is_transactional else 0, 2)
        _set_number(out.start + LAST_DELTA_AT, count - 1, 4)
        _set_number(out.start + FIRST_TIME_AT, <uint64_t>first_time, 8)
        _set_number(out.start + MOST_TIME_AT, <uint64_t>most_time, 8)
        _set_number(out.start + PRODUCER_AT, <uint64_t>producer_id, 8)
        _set_number(out.start + EPOCH_AT, <uint64_t>producer_epoch, 2)
        _set_number(out.start + SEQUENCE_AT, <uint64_t>sequence, 4)
        _set_number(out.start + COUNT_AT, count, 4)
        _set_number(out.start + CRC_AT, crc32c(out.start + ATTRIBUTES_AT, out.size - ATTRIBUTES_AT), 4)
        return PyBytes_FromStringAndSize(<const char*>out.start, out.size), count
    finally:
        free(out.start)


def checksums(bytes data not None):
    """Return the CRC-32C of some bytes, worked out in both ways that there are."""
    cdef const uint8_t* start = <const uint8_t*>PyBytes_AS_STRING(data)
    return crc32c(start, PyBytes_GET_SIZE(data)), crc32c_by_tables(start, PyBytes_GET_SIZE(data))
