"""The address of a ledger in PostgreSQL, `postgresql+psycopg://USER@HOST/DATABASE`, and what may be shown of it: never a password."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from msgspec import Struct

from ledger.errors import UsageError

SCHEMES: Final = ("postgresql+psycopg", "postgresql", "postgres")
_SECRET: Final = ("password", "sslpassword")
"""Parameters of libpq whose values are never shown."""
_HIDDEN: Final = "***"


class Address(Struct, frozen=True):
    """Where a ledger in PostgreSQL is.

    Attributes:
        uri: as libpq reads it; it may hold a password, so it is handed to the driver and to nobody else.
        shown: the same for messages, without any password.
        secrets: what was left out there, as written in the address and as meant.
        name: a name for a folder of files that belong to this ledger: database, host and port.
    """

    uri: str
    shown: str
    secrets: tuple[str, ...]
    name: str

    def __str__(self) -> str:
        return self.shown

    def __repr__(self) -> str:
        return f"Address({self.shown!r})"

    def clean(self, message: str) -> str:
        """A message of the driver without a password, on one line."""
        for secret in self.secrets:
            message = message.replace(secret, _HIDDEN)
        return " ".join(message.split())


def parse(where: str) -> Address:
    """Take an address apart.

    Raises:
        UsageError: it is none, or of another engine; the message quotes nothing of it, because a password may stand anywhere in a wrong one.
    """
    wrong = UsageError(
        "that is no address of a database; write postgresql+psycopg://USER@HOST/DATABASE, with %40 for an @ in a name"
    )
    scheme, colon, _rest = where.partition("://")
    if not colon:
        raise wrong
    scheme = scheme.lower()
    if scheme not in SCHEMES:
        raise UsageError(f"{scheme!r:.40}: no such database is spoken to; a ledger is a file or in PostgreSQL")
    try:
        parts = urlsplit(where)
        query = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
        database = unquote(parts.path.removeprefix("/"), errors="strict")
        user_given, at, place = parts.netloc.rpartition("@")
        user, colon, password = user_given.partition(":")
        meant = unquote(password, errors="strict")
    except ValueError as error:
        raise wrong from error
    given = dict(query)
    database = given.get("dbname", database)
    if not database or "/" in parts.path[1:] or parts.fragment or not all(map(str.isprintable, where)):
        raise wrong
    shown_user = f"{user}:{_HIDDEN}" if colon else user
    shown_query = urlencode([(name, _HIDDEN if name in _SECRET else value) for name, value in query], safe="*/")
    secrets = {password, meant, *(value for name, value in query if name in _SECRET)} - {""}
    host = given.get("host", place) or "local"
    name = unquote(f"{database}@{host}" + (f":{given['port']}" if "port" in given else ""))
    return Address(
        _joined(parts.netloc, parts.path, parts.query),
        _joined(f"{shown_user}{at}{place}", parts.path, shown_query),
        tuple(sorted(secrets, key=len, reverse=True)),
        re.sub(r"^\.", "%2E", quote(name.replace(":", "-"), safe="@")),
    )


def _joined(netloc: str, path: str, query: str) -> str:
    return f"postgresql://{netloc}{path}" + (f"?{query}" if query else "")
