"""Tables that stay small in memory: what was not used for a while lies in a nameless temporary database.

SQLite deletes such a database when it is closed, and nobody else can open it; it holds this process's own objects, and
never bytes from outside, which is why pickle may read them back.
"""

from __future__ import annotations

import pickle
import sqlite3
from collections import OrderedDict
from collections.abc import Callable, Collection, ItemsView, Iterator, KeysView, MutableMapping, ValuesView
from datetime import datetime
from io import BytesIO
from typing import Any, Generic, TypeVar, cast

import msgspec

from ledger.errors import StoreError
from ledger.model.entry import Fact, Place
from ledger.model.events import EVENT_TYPES, AnyEvent, Event
from ledger.rules.lot import Lot
from ledger.rules.tables import FactTable

K = TypeVar("K")
V = TypeVar("V")
KEPT = 20_000
"""Objects of a table that are kept in memory: some tens of megabytes of the biggest kind."""
SPILL = 8
"""One in so many is put down at a time."""
BATCH = 1_000


class Shelf:
    """Makes tables for `ledger.rules.history.History` (`ledger.rules.tables.Tables`)."""

    def __init__(self, kept: int = KEPT) -> None:
        """Nothing touches the disk before a table holds more than `kept`."""
        self.kept = kept
        self._database: sqlite3.Connection | None = None
        self._tables = 0
        self._facts: _Facts | None = None

    @property
    def database(self) -> sqlite3.Connection:
        """The temporary database, made when it is first needed."""
        if self._database is None:
            self._database = sqlite3.connect("", isolation_level=None)
            # Nobody reads it after a crash, so nothing is journalled or synced.
            self._database.execute("PRAGMA journal_mode = OFF")
            self._database.execute("PRAGMA synchronous = OFF")
            self._database.execute("PRAGMA cache_size = -16000")
            self._database.execute("BEGIN")
        return self._database

    def facts(self) -> FactTable:
        """See `Tables`; once a shelf."""
        if self._facts is not None:
            raise ValueError("a shelf has one table of facts")
        self._facts = _Facts(self, self._number())
        return self._facts

    def table(self) -> MutableMapping[Any, Any]:
        """See `Tables`."""
        return _Pickled(self, self._number())

    def fact(self, digest: str) -> Fact:
        """A fact of the table of facts."""
        assert self._facts is not None  # noqa: S101  (only values that hold facts ask)
        return self._facts[digest]

    def lot(self, state: tuple[object, ...]) -> Lot:
        """A lot that was put down."""
        return Lot.unpacked(state, self.fact)

    def holds(self, fact: Fact) -> bool:
        """Whether the table of facts gives this very fact by its hash."""
        return self._facts is not None and self._facts.gives(fact)

    def close(self) -> None:
        """Forget everything."""
        if self._database is not None:
            self._database.close()

    def _number(self) -> int:
        self._tables += 1
        return self._tables


class _Held(Generic[V]):
    """A value in memory: its number in the order of insertion, and whether the database has it otherwise or not."""

    __slots__ = ("dirty", "number", "value")

    def __init__(self, number: int, value: V, *, dirty: bool) -> None:
        self.number = number
        self.value = value
        self.dirty = dirty


class _Statements:
    """What a table says to the database; its name is made here, so no text from outside is in it."""

    def __init__(self, name: str) -> None:
        self.create = f"CREATE TABLE {name} (n INTEGER PRIMARY KEY, k BLOB NOT NULL UNIQUE, v BLOB NOT NULL)"
        self.get = f"SELECT n, v FROM {name} WHERE k = ?"  # noqa: S608  (as said)
        self.number = f"SELECT n FROM {name} WHERE k = ?"  # noqa: S608  (as said)
        self.batch = f"SELECT n, k, v FROM {name} WHERE n > ? ORDER BY n LIMIT {BATCH}"  # noqa: S608  (as said)
        self.put = f"INSERT OR REPLACE INTO {name} (n, k, v) VALUES (?, ?, ?)"  # noqa: S608  (as said)
        self.delete = f"DELETE FROM {name} WHERE n = ?"  # noqa: S608  (as said)


class _Table(MutableMapping[K, V]):
    """A dictionary, the rest of which is in a table of the shelf's database."""

    def __init__(self, shelf: Shelf, number: int) -> None:
        self._shelf = shelf
        self._sql = _Statements(f"t{number}")
        self._held: OrderedDict[K, _Held[V]] = OrderedDict()
        self._spilled = False
        self._next = 0
        self._count = 0

    def _dump(self, value: V) -> bytes:
        raise NotImplementedError

    def _load(self, data: bytes) -> V:
        raise NotImplementedError

    def __len__(self) -> int:
        return self._count

    def __contains__(self, key: object) -> bool:
        return key in self._held or self._number(cast("K", key)) is not None

    def __getitem__(self, key: K) -> V:
        held = self._held.get(key)
        if held is not None:
            self._held.move_to_end(key)
            return held.value
        if not self._spilled:
            raise KeyError(key)
        row = self._one(self._sql.get, _key(key))
        if row is None:
            raise KeyError(key)
        value = self._load(row[1])
        self._hold(key, _Held(row[0], value, dirty=False))
        return value

    def __setitem__(self, key: K, value: V) -> None:
        held = self._held.get(key)
        if held is not None:
            held.value, held.dirty = value, True
            self._held.move_to_end(key)
            return
        number = self._number(key)
        if number is None:
            number, self._next = self._next, self._next + 1
            self._count += 1
        self._hold(key, _Held(number, value, dirty=True))

    def __delitem__(self, key: K) -> None:
        there = self._number(key)
        if self._held.pop(key, None) is None and there is None:
            raise KeyError(key)
        if there is not None:
            self._shelf.database.execute(self._sql.delete, (there,))
        self._count -= 1

    def __iter__(self) -> Iterator[K]:
        return (key for key, _value in self._pairs())

    def values(self) -> ValuesView[V]:
        """In order of insertion; reading them all pushes nothing else out of memory."""
        return _Values(self)

    def items(self) -> ItemsView[K, V]:
        """As `values`, with the keys."""
        return _Items(self)

    def keys(self) -> KeysView[K]:
        """In order of insertion."""
        return KeysView(self)

    def _read(self, wanted: Callable[[bytes], bool]) -> Iterator[V]:
        """The values in order; of those that are not in memory, the ones whose bytes are wanted."""
        return (value for _key, value in self._pairs(wanted))

    def _pairs(self, wanted: Callable[[bytes], bool] | None = None) -> Iterator[tuple[K, V]]:
        if not self._spilled:
            for key, held in sorted(self._held.items(), key=lambda item: item[1].number):
                yield key, held.value
            return
        self._put_down([(key, held) for key, held in self._held.items() if held.dirty])
        last = -1
        while rows := self._shelf.database.execute(self._sql.batch, (last,)).fetchall():
            last = rows[-1][0]
            for _number, encoded, data in rows:
                if wanted is not None and not wanted(data):
                    continue
                key = cast("K", _unkey(encoded))
                kept = self._held.get(key)
                yield key, kept.value if kept is not None else self._load(data)

    def _one(self, query: str, key: bytes) -> tuple[Any, ...] | None:
        return cast("tuple[Any, ...] | None", self._shelf.database.execute(query, (key,)).fetchone())

    def _number(self, key: K) -> int | None:
        if not self._spilled:
            return None
        row = self._one(self._sql.number, _key(key))
        return None if row is None else int(row[0])

    def _hold(self, key: K, held: _Held[V]) -> None:
        self._held[key] = held
        if len(self._held) > self._shelf.kept:
            self._spill()

    def _spill(self) -> None:
        if not self._spilled:
            self._shelf.database.execute(self._sql.create)
            self._spilled = True
        oldest = [self._held.popitem(last=False) for _number in range(max(len(self._held) // SPILL, 1))]
        self._put_down([item for item in oldest if item[1].dirty])

    def _put_down(self, items: list[tuple[K, _Held[V]]]) -> None:
        try:
            self._shelf.database.executemany(
                self._sql.put,
                [(held.number, _key(key), self._dump(held.value)) for key, held in items],
            )
        except sqlite3.Error as error:
            raise StoreError(
                f"no room for the verifier's temporary file: {error}; set TMPDIR to a bigger disk"
            ) from error
        for item in items:
            item[1].dirty = False


class _Values(ValuesView[V]):
    """Values, read without taking them into memory for good."""

    def __init__(self, table: _Table[Any, V]) -> None:
        super().__init__(table)
        self._table = table

    def __iter__(self) -> Iterator[V]:
        return (value for _key, value in self._table._pairs())  # noqa: SLF001  (its own table)


class _Items(ItemsView[K, V]):
    """Keys and values, read so."""

    def __init__(self, table: _Table[K, V]) -> None:
        super().__init__(table)
        self._table = table

    def __iter__(self) -> Iterator[tuple[K, V]]:
        return self._table._pairs()  # noqa: SLF001  (its own table)


_MARKS: dict[type[Event], int] = {kind: number for number, kind in enumerate(EVENT_TYPES.values())}


class _Written(msgspec.Struct, frozen=True, gc=False):
    """A fact with its event's type told, so that it can be read back."""

    event: AnyEvent
    hash: str
    place: Place
    recorded: datetime
    vkey: str


class _Facts(_Table[str, Fact], FactTable):
    """Facts by hash; the first byte of what is written tells the event's type."""

    def __init__(self, shelf: Shelf, number: int) -> None:
        super().__init__(shelf, number)
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder = msgspec.msgpack.Decoder(_Written)
        self._twice: set[str] = set()

    def of(self, kinds: Collection[type[Event]]) -> Iterator[Fact]:
        """See `FactTable`."""
        marks = {_MARKS[kind] for kind in kinds}
        kinds = tuple(kinds)
        for fact in self._read(lambda data: data[0] in marks):
            if isinstance(fact.event, kinds):
                yield fact

    def __setitem__(self, key: str, value: Fact) -> None:
        before = len(self)
        super().__setitem__(key, value)
        if len(self) == before:
            self._twice.add(key)

    def gives(self, fact: Fact) -> bool:
        """Whether `fact` is in the table, and no other fact of the same hash ever was."""
        return fact.hash in self and fact.hash not in self._twice

    def _dump(self, value: Fact) -> bytes:
        return bytes((_MARKS[type(value.event)],)) + self._encoder.encode(value)

    def _load(self, data: bytes) -> Fact:
        read = self._decoder.decode(memoryview(data)[1:])
        return Fact(event=read.event, hash=read.hash, place=read.place, recorded=read.recorded, vkey=read.vkey)


class _Pickled(_Table[K, V]):
    """Anything; facts in it are written by their hash."""

    def _dump(self, value: V) -> bytes:
        target = BytesIO()
        pickler = pickle.Pickler(target, protocol=5)
        pickler.dispatch_table = {Fact: self._reduce, Lot: self._reduce_lot}
        pickler.dump(value)
        return target.getvalue()

    def _reduce(self, fact: Fact) -> Any:  # noqa: ANN401  (what pickle wants)
        return (_fact, (fact.hash,)) if self._shelf.holds(fact) else fact.__reduce__()

    def _reduce_lot(self, lot: Lot) -> Any:  # noqa: ANN401  (what pickle wants)
        return _lot, (lot.packed(lambda fact: not self._shelf.holds(fact)),)

    def _load(self, data: bytes) -> V:
        return cast("V", _Unpickler(BytesIO(data), self._shelf).load())


class _Unpickler(pickle.Unpickler):
    def __init__(self, source: BytesIO, shelf: Shelf) -> None:
        super().__init__(source)
        self._shelf = shelf

    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401  (what pickle wants)
        if (module, name) == (__name__, _fact.__name__):
            return self._shelf.fact
        if (module, name) == (__name__, _lot.__name__):
            return self._shelf.lot
        return super().find_class(module, name)


def _fact(digest: str) -> Fact:
    """Stands in a pickle for the shelf's own fact."""
    raise NotImplementedError(digest)


def _lot(state: tuple[object, ...]) -> Lot:
    """Stands in a pickle for a lot, whose facts are read when they are asked for."""
    raise NotImplementedError(state)


def _key(key: object) -> bytes:
    return msgspec.msgpack.encode(key)


def _unkey(data: bytes) -> object:
    return _tupled(msgspec.msgpack.decode(data))


def _tupled(value: object) -> object:
    return tuple(_tupled(item) for item in value) if isinstance(value, list) else value
