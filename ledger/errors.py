"""Every error Monazite raises, in one tree; the command line maps each branch to an exit code.

    MonaziteError
    |-- InputError          2  bad input from outside; says file, line and field where known
    |   |-- BatchError      2  every error of one file, not only the first
    |   |-- FormatError     2  bytes that are not the format they claim to be
    |   `-- UsageError      2  a request that cannot be meant
    |-- RefusedError        1  a submission refused by the rules; carries the findings
    |-- NotCosignedError    1  a checkpoint that a witness does not cosign; carries its answer
    |-- ConflictError       1  another writer was first; try again
    |   `-- StaleError      1  what was prepared elsewhere fits no more; prepare it again
    |-- KeyStoreError       2  a private key that cannot be found, opened or written
    `-- UnverifiableError   3  the verifier cannot continue: no anchor, unreadable ledger
        `-- StoreError      3  the database cannot be read or written

A wrong ledger yields findings, all of them; only "cannot continue" raises.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

EXIT_FINDINGS = 1
EXIT_INPUT = 2
EXIT_UNVERIFIABLE = 3


class MonaziteError(Exception):
    """Root of the tree. `exit_code` is the command line's answer (DESIGN.md section 9)."""

    exit_code = EXIT_INPUT


class InputError(MonaziteError):
    """Bad input from outside.

    Attributes:
        file: name of the file it came from, if any.
        line: line number in that file, counted from 1, if any.
        unit: what `line` counts: `line`, the `row` of a sheet, the `event` of a document.
        field: the field, column or member at fault, if any.
    """

    def __init__(
        self, message: str, *, file: str | None = None, line: int | None = None, field: str | None = None
    ) -> None:
        """Say what is wrong and where; unknown places stay None."""
        super().__init__(message)
        self.message = message
        self.file = file
        self.line = line
        self.unit = "line"
        self.field = field

    def __str__(self) -> str:
        where = [self.file or ""]
        if self.line is not None:
            where.append(f"{self.unit} {self.line}")
        if self.field is not None:
            where.append(self.field)
        place = ", ".join(part for part in where if part)
        return f"{place}: {self.message}" if place else self.message


class BatchError(InputError):
    """Every error of one file; its text lists them one per line, at most `SHOWN`.

    Attributes:
        errors: the errors, each with its own file, line and field.
    """

    SHOWN = 50

    def __init__(self, errors: Sequence[InputError], *, most: int = SHOWN) -> None:
        """Keep the errors and list at most so many of them."""
        self.errors = tuple(errors)
        lines = [str(error) for error in self.errors[:most]]
        if len(self.errors) > most:
            lines.append(f"and {len(self.errors) - most} more")
        super().__init__("\n".join(lines))


class FormatError(InputError):
    """Bytes that are not the format they claim to be."""


class UsageError(InputError):
    """A request that cannot be meant."""


class RefusedError(MonaziteError):
    """A submission refused at admission; nothing was written.

    Attributes:
        findings: the `ledger.rules.finding.Finding` values that refused it (typed loosely: errors sit below rules).
    """

    exit_code = EXIT_FINDINGS

    def __init__(self, message: str, findings: Sequence[Any]) -> None:
        """Keep the findings beside the message: an accusation carries its evidence."""
        super().__init__(message)
        self.findings = tuple(findings)


class NotCosignedError(MonaziteError):
    """A checkpoint that a witness does not cosign; its state is as it was.

    Attributes:
        refused: the `ledger.seal.witness.Refused` (typed loosely: errors sit below seals).
    """

    exit_code = EXIT_FINDINGS

    def __init__(self, message: str, refused: Any) -> None:  # noqa: ANN401  (see above)
        """Keep the answer beside the message: a refusal carries its evidence."""
        super().__init__(message)
        self.refused = refused


class ConflictError(MonaziteError):
    """Another writer appended first; nothing was written, the same request can be made again."""

    exit_code = EXIT_FINDINGS


class StaleError(ConflictError):
    """The ledger went on under what was prepared for it: nothing was written, and the same request cannot be made again."""


class KeyStoreError(MonaziteError):
    """A private key that cannot be found, opened or written."""


class UnverifiableError(MonaziteError):
    """The verifier cannot continue: no anchor, or nothing readable."""

    exit_code = EXIT_UNVERIFIABLE


class StoreError(UnverifiableError):
    """The database cannot be read or written."""
