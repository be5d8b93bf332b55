"""Damage to files: bytes, words and lines changed, by a generator of random numbers."""

import random
import struct
from pathlib import Path


def damage(content: bytes, rng: random.Random) -> bytes:
    """Bytes with one to four changes."""
    made = bytearray(content)
    for _ in range(rng.choice([1, 1, 2, 4])):
        place = rng.randrange(len(made) + 1)
        early = rng.randrange(min(len(made), 200) + 1)  # headers are where it matters
        here = rng.choice([place, early])
        end = here + rng.randrange(1, 64)
        what = rng.randrange(7)
        if what == 0:
            del made[here:]
        elif what == 1:
            del made[here:end]
        elif what == 2:
            made[here:here] = bytes(rng.randrange(256) for _ in range(rng.randrange(1, 40)))
        elif what == 3:
            made[here : here + 4] = struct.pack(rng.choice("<>") + "I", rng.choice([0, 1, 2**31, 2**32 - 1, 2**16]))
        elif what == 4:
            made[here:here] = made[here:end]
        elif what == 5:
            made[here:end] = bytes(end - here)
        elif here < len(made):
            made[here] ^= 1 << rng.randrange(8)
    return bytes(made)


WORDS = (
    "", "0", "-1", "1e400", "9" * 5000, "9223372036854775807", "NaN", "null", "[]", "{}", '"', "\\", "\x00", "\r", "\n",
    "../../etc/passwd", "/dev/zero", "a,b", ",", "é", "🦆", "\u202e", "%s", "True", "[[[[", "\ufeff",
)  # fmt: skip


def garble(text: str, rng: random.Random) -> str:
    """Text with one or two changes of its characters, words or lines."""
    for _ in range(rng.choice([1, 1, 2])):
        place = rng.randrange(len(text) + 1)
        end = min(place + rng.randrange(1, 12), len(text))
        lines = text.split("\n")
        line = rng.randrange(len(lines))
        text = rng.choice(
            [
                text[:place] + rng.choice(WORDS) + text[place:],
                text[:place] + rng.choice(WORDS) + text[end:],
                text[:place],
                "\n".join([*lines[:line], *lines[line + 1 :]]),
                "\n".join([*lines[:line], lines[line], *lines[line:]]),
                text.replace(rng.choice("0123456789,:[]{}\"='"), rng.choice(WORDS), 1),
            ]
        )
    return text


def damage_file(path: Path, rng: random.Random) -> None:
    content = path.read_bytes()
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = ""
    if text and rng.random() < 0.7:
        content = garble(text, rng).encode("utf-8", "surrogatepass")
    else:
        content = damage(content, rng)
    path.write_bytes(content)
