# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""Avro by plans: what `streams.codec` generates as Python, walked in C. See `streams.codec.plan` for the plans.

No byte is read before it is compared with the end; nothing is allocated from a length alone; every turn of a loop
consumes a byte or ends. The generated Python is the oracle: both give the same value, or refuse.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.object cimport PyObject
from cpython.ref cimport Py_INCREF
from cpython.tuple cimport PyTuple_New, PyTuple_SET_ITEM
from libc.stdint cimport INT32_MAX, INT32_MIN, INT64_MIN, int64_t, uint8_t, uint64_t
from libc.stdlib cimport free, malloc, realloc
from libc.string cimport memcpy

cdef extern from "Python.h":
    object PyUnicode_DecodeUTF8(const char* text, Py_ssize_t size, const char* errors)
    const char* PyUnicode_AsUTF8AndSize(object text, Py_ssize_t* size) except NULL
    PyObject** PySequence_Fast_ITEMS(object sequence)
    object PyObject_Vectorcall(object made, PyObject** arguments, size_t count, PyObject* names)

cdef enum:
    NULL_, BOOLEAN, INT, LONG, FLOAT, DOUBLE, BYTES, STRING, ENUM, FIXED, ARRAY, MAP, UNION, RECORD
    INT_AS_DOUBLE, LONG_AS_DOUBLE

cdef dict _OPERATIONS = {
    "null": NULL_, "boolean": BOOLEAN, "int": INT, "long": LONG, "float": FLOAT, "double": DOUBLE, "bytes": BYTES,
    "string": STRING, "enum": ENUM, "fixed": FIXED, "array": ARRAY, "map": MAP, "union": UNION, "record": RECORD,
    "int-as-double": INT_AS_DOUBLE, "long-as-double": LONG_AS_DOUBLE,
}

cdef object _new_tuple = tuple.__new__
cdef str _ENDS = "it ends within a field"


class _Malformed(Exception):
    """Bytes that are not of the schema; never leaves this module."""


cdef struct Cursor:
    const uint8_t* at
    const uint8_t* end


cdef int64_t _long(Cursor* c) except? -1:
    cdef uint64_t number = 0
    cdef int shift = 0
    cdef uint8_t byte
    while True:
        if c.at >= c.end:
            raise _Malformed(_ENDS)
        byte = c.at[0]
        c.at += 1
        if shift == 63 and byte > 1:
            raise _Malformed("an integer is beyond 64 bits")
        number |= <uint64_t>(byte & 127) << shift
        if byte < 128:
            return <int64_t>(number >> 1) ^ -<int64_t>(number & 1)
        shift += 7


cdef int64_t _int(Cursor* c) except? -1:
    cdef int64_t number = _long(c)
    if number > INT32_MAX or number < INT32_MIN:
        raise _Malformed("an int is beyond 32 bits")
    return number


cdef Py_ssize_t _size(Cursor* c) except -1:
    """Return a length that lies within what is left."""
    cdef int64_t size = _long(c)
    if size < 0:
        raise _Malformed("a length is negative")
    if size > c.end - c.at:
        raise _Malformed(_ENDS)
    return size


cdef int _room(Cursor* c, int64_t size) except -1:
    if size > c.end - c.at:
        raise _Malformed(_ENDS)
    return 0


cdef int64_t _block(Cursor* c) except -1:
    """Return how many items a block has, all of which may be there; 0 at the end."""
    cdef int64_t count = _long(c)
    if count < 0:
        _long(c)
        count = -count if count != INT64_MIN else INT64_MIN
    return _counted(c, count)


cdef int64_t _skipped_block(Cursor* c) except -1:
    """As `_block`, but jumps over blocks that say their size."""
    cdef int64_t count = _long(c), size
    while count < 0:
        size = _long(c)
        if size < 0:
            raise _Malformed("a block's size is negative")
        _room(c, size)
        c.at += size
        count = _long(c)
    return _counted(c, count)


cdef int64_t _counted(Cursor* c, int64_t count) except -1:
    if count < 0 or count > c.end - c.at:
        raise _Malformed("a block counts more items than there are bytes")
    return count


cdef str _text(Cursor* c):
    cdef Py_ssize_t size = _size(c)
    cdef const char* start = <const char*>c.at
    c.at += size
    return PyUnicode_DecodeUTF8(start, size, NULL)


cdef class _Reading:
    """One node of a plan to read.

    Attributes:
        inner: The plans of items, branches or fields; None for a branch that is not read here.
        slots: Where each field of a record goes, -1 for one to pass over.
        made: What makes a record, or an enum's symbols.
    """

    cdef int operation
    cdef Py_ssize_t size
    cdef bint is_tuple
    cdef tuple inner, slots, defaults
    cdef object made

    def __cinit__(self, tuple plan):
        self.operation = _OPERATIONS[plan[0]]
        if self.operation == ENUM:
            self.made = plan[1]
        elif self.operation == FIXED:
            self.size = plan[1]
        elif self.operation in (ARRAY, MAP):
            self.inner = (_Reading(plan[1]),)
        elif self.operation == UNION:
            self.inner = tuple([None if each is None else _Reading(each) for each in plan[1]])
        elif self.operation == RECORD:
            _, self.made, self.is_tuple, self.size, fields, self.defaults = plan
            self.slots = tuple([slot for slot, _ in fields])
            self.inner = tuple([_Reading(each) for _, each in fields])

    cdef object read(self, Cursor* c):
        cdef int operation = self.operation
        cdef Py_ssize_t size
        cdef int64_t number
        cdef double wide
        cdef float narrow
        if operation == STRING:
            return _text(c)
        if operation == LONG:
            return _long(c)
        if operation == UNION:
            return self.branch(c, True).read(c)
        if operation == INT:
            return _int(c)
        if operation == NULL_:
            return None
        if operation == ENUM:
            number = _long(c)
            if number < 0:
                raise _Malformed("a length is negative")
            if number >= len(<tuple>self.made):
                raise _Malformed(_ENDS)
            symbol = (<tuple>self.made)[number]
            if symbol is None:
                raise _Malformed("an enum has a symbol that is not known")
            return symbol
        if operation == BYTES:
            size = _size(c)
            c.at += size
            return PyBytes_FromStringAndSize(<const char*>(c.at - size), size)
        if operation == RECORD:
            return self.record(c)
        if operation == ARRAY:
            return self.array(c)
        if operation == MAP:
            return self.map(c)
        if operation == BOOLEAN:
            _room(c, 1)
            number = c.at[0]
            c.at += 1
            if number > 1:
                raise _Malformed("a boolean is neither true nor false")
            return number == 1
        if operation == DOUBLE:
            _room(c, 8)
            memcpy(&wide, c.at, 8)
            c.at += 8
            return wide
        if operation == FLOAT:
            _room(c, 4)
            memcpy(&narrow, c.at, 4)
            c.at += 4
            return <double>narrow
        if operation == FIXED:
            _room(c, self.size)
            c.at += self.size
            return PyBytes_FromStringAndSize(<const char*>(c.at - self.size), self.size)
        if operation == INT_AS_DOUBLE:
            return <double>_int(c)
        return <double>_long(c)

    cdef _Reading branch(self, Cursor* c, bint is_read):
        cdef int number
        _room(c, 1)
        number = c.at[0]
        c.at += 1
        if number & 1 or number >> 1 >= len(self.inner):
            raise _Malformed("a union has no such branch")
        found = self.inner[number >> 1]
        if found is None:
            raise _Malformed("a value is of a type that is not read here")
        return <_Reading>found

    cdef object record(self, Cursor* c):
        cdef tuple values = PyTuple_New(self.size)
        cdef Py_ssize_t number, slot
        cdef _Reading field
        for number in range(len(self.inner)):
            field = <_Reading>self.inner[number]
            slot = self.slots[number]
            if slot < 0:
                field.skip(c)
            else:
                value = field.read(c)
                Py_INCREF(value)
                PyTuple_SET_ITEM(values, slot, value)
        for slot, make in self.defaults:
            value = make()
            Py_INCREF(value)
            PyTuple_SET_ITEM(values, slot, value)
        if self.is_tuple:
            return _new_tuple(self.made, values)
        return PyObject_Vectorcall(self.made, PySequence_Fast_ITEMS(values), self.size, NULL)

    cdef tuple array(self, Cursor* c):
        cdef _Reading item = <_Reading>self.inner[0]
        cdef list found = []
        cdef int64_t count = _block(c)
        while count:
            for _ in range(count):
                found.append(item.read(c))
            count = _block(c)
        return tuple(found)

    cdef dict map(self, Cursor* c):
        cdef _Reading item = <_Reading>self.inner[0]
        cdef dict found = {}
        cdef int64_t count = _block(c)
        while count:
            for _ in range(count):
                name = _text(c)
                found[name] = item.read(c)
            count = _block(c)
        return found

    cdef int skip(self, Cursor* c) except -1:
        cdef int operation = self.operation
        cdef int64_t count
        cdef Py_ssize_t number
        if operation in (STRING, BYTES):
            number = _size(c)
            c.at += number
        elif operation in (LONG, INT, ENUM):
            while True:
                _room(c, 1)
                number = c.at[0]
                c.at += 1
                if number < 128:
                    break
        elif operation == UNION:
            self.branch(c, False).skip(c)
        elif operation == RECORD:
            for number in range(len(self.inner)):
                (<_Reading>self.inner[number]).skip(c)
        elif operation in (ARRAY, MAP):
            count = _skipped_block(c)
            while count:
                for _ in range(count):
                    if operation == MAP:
                        number = _size(c)
                        c.at += number
                    (<_Reading>self.inner[0]).skip(c)
                count = _skipped_block(c)
        elif operation != NULL_:
            number = 1 if operation == BOOLEAN else 4 if operation == FLOAT else 8 if operation == DOUBLE else self.size
            _room(c, number)
            c.at += number
        return 0


cdef class Decoder:
    """Reads records of one writer.

    Args:
        plan: How; see `streams.codec.plan.decode_plan`.
        refused: Makes the exception of a detail.
    """

    cdef _Reading plan
    cdef object refused

    def __init__(self, tuple plan, refused):
        self.plan, self.refused = _Reading(plan), refused

    def decode(self, bytes value not None, Py_ssize_t position):
        """Return the record whose body begins at a position and ends where the value does.

        Raises:
            Exception: what `refused` makes, and nothing else.
        """
        cdef const uint8_t* start = <const uint8_t*>PyBytes_AS_STRING(value)
        cdef Cursor c
        c.end = start + PyBytes_GET_SIZE(value)
        if position < 0 or position > c.end - start:
            raise self.refused(_ENDS)
        c.at = start + position
        try:
            found = self.plan.read(&c)
            if c.at != c.end:
                raise _Malformed("bytes follow its last field")
        except _Malformed as error:
            raise self.refused(str(error)) from None
        except UnicodeDecodeError:
            raise self.refused("a string is not UTF-8") from None
        return found


cdef enum:
    AT_HAND = 1024


cdef struct Output:
    uint8_t* start
    Py_ssize_t size
    Py_ssize_t room
    uint8_t at_hand[AT_HAND]


cdef int _make_room(Output* out, Py_ssize_t more) except -1:
    cdef Py_ssize_t room
    cdef uint8_t* moved
    if out.size + more <= out.room:
        return 0
    room = 2 * (out.size + more)
    if out.start == out.at_hand:
        moved = <uint8_t*>malloc(room)
        if moved is not NULL:
            memcpy(moved, out.at_hand, out.size)
    else:
        moved = <uint8_t*>realloc(out.start, room)
    if moved is NULL:
        raise MemoryError
    out.start, out.room = moved, room
    return 0


cdef int _put(Output* out, const void* data, Py_ssize_t size) except -1:
    _make_room(out, size)
    memcpy(out.start + out.size, data, size)
    out.size += size
    return 0


cdef int _put_long(Output* out, int64_t number) except -1:
    cdef uint64_t left = (<uint64_t>number << 1) ^ <uint64_t>(number >> 63)
    _make_room(out, 10)
    while left > 127:
        out.start[out.size] = <uint8_t>(left & 127) | 128
        out.size += 1
        left >>= 7
    out.start[out.size] = <uint8_t>left
    out.size += 1
    return 0


cdef int _put_text(Output* out, value) except -1:
    cdef Py_ssize_t size
    cdef const char* text
    if not isinstance(value, str):
        raise TypeError("a text is of another type")
    if not value.isascii():  # asked for its bytes, a text would keep them
        return _put_bytes(out, value.encode())
    text = PyUnicode_AsUTF8AndSize(value, &size)
    _put_long(out, size)
    return _put(out, text, size)


cdef int _put_bytes(Output* out, value) except -1:
    cdef const uint8_t[::1] view
    if isinstance(value, bytes):
        _put_long(out, PyBytes_GET_SIZE(value))
        return _put(out, PyBytes_AS_STRING(value), PyBytes_GET_SIZE(value))
    if value is None:
        raise TypeError("bytes are of another type")
    view = value
    _put_long(out, view.shape[0])
    return _put(out, &view[0], view.shape[0]) if view.shape[0] else 0


cdef int64_t _number(value, bint is_long) except? -1:
    cdef int64_t number
    if not isinstance(value, int):
        raise TypeError("a number is of another type")
    try:
        number = value
    except OverflowError:
        raise ValueError("a long is beyond 64 bits" if is_long else "an int is beyond 32 bits") from None
    if not is_long and (number > INT32_MAX or number < INT32_MIN):
        raise ValueError("an int is beyond 32 bits")
    return number


cdef dict _TYPES = {"int": int, "string": str, "bytes": bytes, "boolean": bool}


cdef class _Writing:
    """One node of a plan to write.

    Attributes:
        inner: The plans of items, branches or fields.
        names: The attribute or index of each field, or the test of each branch.
        numbers: Of an enum by symbol, or of each branch.
    """

    cdef int operation
    cdef bint is_tuple
    cdef tuple inner, names
    cdef object numbers

    def __cinit__(self, tuple plan):
        self.operation = _OPERATIONS[plan[0]]
        if self.operation == ENUM:
            self.numbers = plan[1]
        elif self.operation in (ARRAY, MAP):
            self.inner = (_Writing(plan[1]),)
        elif self.operation == UNION:
            self.names = tuple([test for test, _, _ in plan[1]])
            self.numbers = tuple([number for _, number, _ in plan[1]])
            self.inner = tuple([_Writing(each) for _, _, each in plan[1]])
        elif self.operation == RECORD:
            _, self.is_tuple, fields = plan
            self.names = tuple([name for name, _ in fields])
            self.inner = tuple([_Writing(each) for _, each in fields])

    cdef int write(self, Output* out, value) except -1:
        cdef int operation = self.operation
        cdef uint8_t byte
        cdef Py_ssize_t number
        if operation == STRING:
            return _put_text(out, value)
        if operation == LONG:
            return _put_long(out, _number(value, True))
        if operation == UNION:
            return self.branch(out, value)
        if operation == INT:
            return _put_long(out, _number(value, False))
        if operation == ENUM:
            return _put_long(out, (<dict>self.numbers)[value])
        if operation == RECORD:
            for number in range(len(self.inner)):
                name = self.names[number]
                field = value[name] if self.is_tuple else getattr(value, name)
                (<_Writing>self.inner[number]).write(out, field)
            return 0
        if operation == BYTES:
            return _put_bytes(out, value)
        if operation == BOOLEAN:
            byte = 1 if value else 0
            return _put(out, &byte, 1)
        if operation == ARRAY:
            if value:
                _put_long(out, len(value))
                for item in value:
                    (<_Writing>self.inner[0]).write(out, item)
            return _put_long(out, 0)
        if operation == MAP:
            if value:
                _put_long(out, len(value))
                for name, item in value.items():
                    _put_text(out, name)
                    (<_Writing>self.inner[0]).write(out, item)
            return _put_long(out, 0)
        return 0

    cdef int branch(self, Output* out, value) except -1:
        cdef Py_ssize_t number
        for number in range(len(self.inner)):
            test = self.names[number]
            if value is None if test == "null" else value is not None if test == "any" else isinstance(value, _TYPES[test]):
                _put_long(out, self.numbers[number])
                return (<_Writing>self.inner[number]).write(out, value)
        raise TypeError("a value is of none of its types")


cdef bytes _written(Output* out):
    return PyBytes_FromStringAndSize(<const char*>out.start, out.size)


cdef void _begin(Output* out) noexcept:
    out.start, out.size, out.room = out.at_hand, 0, AT_HAND


cdef void _end(Output* out) noexcept:
    if out.start != out.at_hand:
        free(out.start)


cdef class Encoder:
    """Writes records of one schema.

    Args:
        plan: How; see `streams.codec.plan.encode_plan`.
        prefix: What each begins with.
    """

    cdef _Writing plan
    cdef bytes prefix

    def __init__(self, tuple plan, bytes prefix not None):
        self.plan, self.prefix = _Writing(plan), prefix

    def encode(self, record):
        """Return the prefix and the record's body.

        Raises:
            ValueError, KeyError, TypeError, AttributeError: a value that its field cannot hold.
        """
        cdef Output out
        _begin(&out)
        try:
            _put(&out, PyBytes_AS_STRING(self.prefix), PyBytes_GET_SIZE(self.prefix))
            self.plan.write(&out, record)
            return _written(&out)
        finally:
            _end(&out)


cdef class Writer:
    """Writes records of which a run shares some fields.

    Args:
        plans: Of the fields, in the schema's order.
        known: For each field which of the shared ones it is, -1 for one that is given with each record.
        prefix: What each record begins with.
    """

    cdef tuple plans, known
    cdef bytes prefix

    def __init__(self, tuple plans, tuple known, bytes prefix not None):
        self.plans = tuple([_Writing(each) for each in plans])
        self.known, self.prefix = known, prefix

    def bind(self, *values):
        """Return what writes records that share these values: a function of the others, in the schema's order."""
        cdef list pieces = [self.prefix]
        cdef Output out
        cdef Py_ssize_t number
        if len(values) != 1 + max(self.known, default=-1):
            raise TypeError(f"{1 + max(self.known, default=-1)} values are shared, not {len(values)}")
        for number in range(len(self.plans)):
            if self.known[number] < 0:
                pieces.append(self.plans[number])
                continue
            _begin(&out)
            try:
                (<_Writing>self.plans[number]).write(&out, values[self.known[number]])
                pieces.append(_written(&out))
            finally:
                _end(&out)
        return Bound(tuple(pieces)).encode


cdef class Bound:
    """Writes records that share some fields; made by `Writer.bind`."""

    cdef tuple pieces
    cdef Py_ssize_t width

    def __init__(self, tuple pieces):
        self.pieces = pieces
        self.width = len([each for each in pieces if isinstance(each, _Writing)])

    def encode(self, *values):
        """Return the record with these values in the places that are left.

        Raises:
            ValueError, KeyError, TypeError, AttributeError: a value that its field cannot hold, or too few or many.
        """
        cdef Output out
        cdef Py_ssize_t taken = 0
        if len(values) != self.width:
            raise TypeError(f"{self.width} values are written, not {len(values)}")
        _begin(&out)
        try:
            for piece in self.pieces:
                if isinstance(piece, bytes):
                    _put(&out, PyBytes_AS_STRING(piece), PyBytes_GET_SIZE(piece))
                else:
                    (<_Writing>piece).write(&out, values[taken])
                    taken += 1
            return _written(&out)
        finally:
            _end(&out)
