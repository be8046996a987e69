"""A timestamp authority of the test's own, by the `openssl` command: a root, a signer, and answers to requests."""

from __future__ import annotations

import subprocess
from pathlib import Path

CONFIG = """
[tsa]
default_tsa = one
[one]
serial = serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
[signer]
basicConstraints = CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[other]
basicConstraints = CA:FALSE
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
[req]
distinguished_name = dn
prompt = no
[dn]
CN = Test
"""


class Authority:
    """Keys and certificates in a folder."""

    _issuer = "-CA root.pem -CAkey root.key -CAcreateserial -days 3650 -extfile cnf"

    def __init__(self, folder: Path, usage: str = "signer") -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        (folder / "cnf").write_text(CONFIG, encoding="utf-8")
        (folder / "serial").write_text("01\n", encoding="utf-8")
        key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -config cnf"
        self.run(f"req -x509 {key} -keyout root.key -out root.pem -days 3650 -subj /CN=Root -extensions root")
        self.run(f"req {key} -keyout key -out csr -subj /CN=Signer")
        self.run(f"x509 -req -in csr {self._issuer} -out pem -extensions {usage}")
        self.root = folder / "root.pem"

    def answer(self, request: bytes) -> bytes:
        """The response to a request; the signer's certificate is in it where the request asks for that."""
        (self.folder / "q").write_bytes(request)
        self.run("ts -reply -config cnf -section one -queryfile q -signer pem -inkey key -out r")
        return (self.folder / "r").read_bytes()

    def run(self, words: str) -> None:
        subprocess.run(["openssl", *words.split()], cwd=self.folder, check=True, capture_output=True)
