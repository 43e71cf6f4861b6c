"""Codes that stand for accounts and people in a redacted book: the same for the same id as long as the key is the same.

A code is a keyed hash (BLAKE2), so whoever has a list of names but not the key cannot try them one by one.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import platformdirs

from crm_analysis.errors import BookError

VARIABLE, FILE = "CRM_ANALYSIS_REDACTION_KEY", "redaction.key"
SHORTEST = 16
"""Letters that a key has at least: a shorter one could be found by trying."""
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: none is taken for another
_LENGTH, _MORE = 8, 4
_WHOLE = 32  # letters that 20 bytes make


def key_file() -> Path:
    """Where the key of this user is kept: not in the cache, which may be deleted."""
    return Path(platformdirs.user_data_dir("crm_analysis")) / FILE


def secret() -> bytes:
    """The key of codes: of the environment variable, or of the user's file, which is made once.

    Raises BookError if the key is too short, or the file cannot be read or written.
    """
    given, path = os.environ.get(VARIABLE, "").strip(), key_file()
    where = f"the environment variable {VARIABLE}"
    try:
        if not given:
            where = str(path)
            given = _made(path)
    except OSError as problem:
        raise BookError(
            f"{path}: the key of codes cannot be kept there: {problem.strerror or problem}; expected a folder that can "
            f"be written, or a key in the environment variable {VARIABLE}."
        ) from None
    if len(given) < SHORTEST:
        raise BookError(f"{where}: the key of codes has {len(given)} letters; expected at least {SHORTEST}.")
    return hashlib.blake2b(given.encode(), digest_size=32, person=b"crm redaction").digest()


def mark(key: bytes) -> str:
    """A few letters by which two reports show that their codes were made with the same key."""
    return _hashed(key, "key", "")[:_LENGTH]


def code(key: bytes, kind: str, text: str, letters: int = _LENGTH) -> str:
    """The code of one text, such as X-7F3KQ2MX; collisions are not looked for."""
    return f"{kind}-{_hashed(key, kind, text)[:letters]}"


def is_code(text: str) -> bool:
    """True for what looks like the code of an account."""
    return re.fullmatch(f"A-[{_LETTERS}]{{{_LENGTH},}}", text) is not None


def codes(key: bytes, kind: str, ids: Iterable[str]) -> list[str]:
    """The codes of ids, such as A-7F3KQ2MX, each of them another; ids whose codes would be equal get longer ones."""
    hashed = [_hashed(key, kind, one) for one in ids]
    length = _LENGTH
    found = [one[:length] for one in hashed]
    while length < _WHOLE:
        twice = {one for one, times in Counter(found).items() if times > 1}
        if not twice:
            break
        length += _MORE
        found = [whole[:length] if one in twice else one for one, whole in zip(found, hashed, strict=True)]
    return [f"{kind}-{one}" for one in found]


def _made(path: Path) -> str:
    """The key in the file; a new one is drawn and kept where there is no file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        place = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    with os.fdopen(place, "w", encoding="utf-8") as file:
        file.write(drawn := secrets.token_hex(32))
    return drawn


def _hashed(key: bytes, kind: str, text: str) -> str:
    number = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=20, key=key, person=kind.encode()).digest())
    return "".join(_LETTERS[number >> 5 * place & 31] for place in range(_WHOLE))
