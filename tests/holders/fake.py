"""An ssh-agent that answers what a test wants (draft-miller-ssh-agent): the true protocol, or a lie at any step."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ledger.seal.held import blob
from ledger.seal.keys import SigningKey

LIST, IDENTITIES, SIGN, SIGNED, FAILURE = 11, 12, 13, 14, 5


def text(data: bytes) -> bytes:
    """An SSH string."""
    return len(data).to_bytes(4, "big") + data


def identities(*keys: tuple[bytes, str]) -> bytes:
    """The answer to a question for keys, given as blob and comment."""
    listed = b"".join(text(public) + text(comment.encode()) for public, comment in keys)
    return bytes([IDENTITIES]) + len(keys).to_bytes(4, "big") + listed


def signature(data: bytes, kind: bytes = b"ssh-ed25519") -> bytes:
    """The answer to a question for a signature."""
    return bytes([SIGNED]) + text(text(kind) + text(data))


class Held:
    """Answers truly for some keys; `lies` replaces the answer to a kind of question."""

    def __init__(self, *keys: SigningKey, lies: dict[int, bytes] | None = None) -> None:
        self._keys = {blob(key.vkey.public_key): key for key in keys}
        self._lies = lies or {}

    def __call__(self, question: bytes) -> bytes:
        if question[0] in self._lies:
            return self._lies[question[0]]
        if question[0] == LIST:
            return identities(*((public, key.name) for public, key in self._keys.items()))
        size = int.from_bytes(question[1:5], "big")
        public, rest = question[5 : 5 + size], question[5 + size :]
        message = rest[4 : 4 + int.from_bytes(rest[:4], "big")]
        return signature(self._keys[public].sign(message)) if public in self._keys else bytes([FAILURE])


@contextmanager
def agent(path: Path, answer: Callable[[bytes], bytes]) -> Iterator[str]:
    """The socket of an agent that answers so; an empty answer closes the connection."""
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    server.bind(str(path))
    server.listen()
    thread = threading.Thread(target=_serve, args=(server, answer), daemon=True)
    thread.start()
    try:
        yield str(path)
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(timeout=10)
        path.unlink()


def _serve(server: socket.socket, answer: Callable[[bytes], bytes]) -> None:
    while True:
        try:
            connection, _address = server.accept()
        except OSError:
            return
        with connection:
            while (question := _read(connection)) and (told := answer(question)):
                connection.sendall(text(told))


def _read(connection: socket.socket) -> bytes:
    size = int.from_bytes(_exactly(connection, 4), "big")
    return _exactly(connection, size)


def _exactly(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size and (more := connection.recv(size - len(data))):
        data += more
    return data
