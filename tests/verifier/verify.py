"""A second verifier of exported records, written from docs/record-format.md alone.

    verify.py KEY FILE [OLDER-CHECKPOINT]     says what is wrong, if anything is; exit code 1 then
    verify.py --cases                         reads {"key", "older", "lines"} as JSON, one to a line; answers each
"""

import base64
import hashlib
import json
import sys

import ed25519

TILE = 256


class Wrong(Exception):
    def __init__(self, what, row):
        super().__init__(what, row)


def leaf(line):
    return hashlib.sha256(b"\0" + line.encode()).digest()


class Tree:
    def __init__(self):
        self.size, self.edge = 0, []

    def push(self, digest):
        self.edge.append((1, digest))
        self.size += 1
        while len(self.edge) > 1 and self.edge[-1][0] == self.edge[-2][0]:
            (n, left), (_, right) = self.edge[-2:]
            self.edge[-2:] = [(2 * n, hashlib.sha256(b"\1" + left + right).digest())]

    def root(self):
        if not self.edge:
            return hashlib.sha256(b"").digest()
        digest = self.edge[-1][1]
        for _, left in reversed(self.edge[:-1]):
            digest = hashlib.sha256(b"\1" + left + digest).digest()
        return digest


def unbase(text):
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode() != text:
        raise ValueError("not as base64 is written")
    return data


def read_key(text):
    name, digest, key = text.strip().split("+", 2)
    data = unbase(key)
    if len(data) != 33 or data[0] != 1 or hashlib.sha256(name.encode() + b"\n" + data).hexdigest()[:8] != digest:
        raise ValueError("not a key")
    return name, bytes.fromhex(digest), data[1:]


def read_note(text):
    body, signed = text.split("\n\n", 1)
    body += "\n"
    origin, size, root, *more = body[:-1].split("\n")
    following = None
    if more:
        [line] = more
        if not line.startswith("next-key "):
            raise ValueError("an odd line in a checkpoint")
        following = read_key(line[len("next-key "):])
    if str(int(size)) != size or int(size) < 0 or len(unbase(root)) != 32:
        raise ValueError("not a checkpoint")
    signatures = []
    if not signed.endswith("\n"):
        raise ValueError("not signed")
    for line in signed[:-1].split("\n"):
        dash, name, data = line.split(" ")
        if dash != "\u2014":
            raise ValueError("not a signature")
        signatures.append((name, unbase(data)))
    return origin, int(size), unbase(root), following, body.encode(), signatures


def read_line(line, fields):
    """An object of just these fields, each of its type."""
    read = json.loads(line)
    if type(read) is not dict or {name: type(value) for name, value in read.items()} != fields:
        raise ValueError("an odd line")
    if any(type(value) is int and not 0 <= value < 2**64 for value in read.values()):
        raise ValueError("an odd number")
    return read


def is_signed(note, key):
    name, digest, public = key
    return any(
        by == name and data[:4] == digest and ed25519.is_right(public, note[4], data[4:]) for by, data in note[5]
    )


def verify(key, lines, older=None):
    key, older = read_key(key), older and read_note(older)
    tree, hashes, begin, signed = Tree(), [], 0, None

    def wrong(what):
        raise Wrong(what, tree.size)

    def wanted(ahead=0):
        place = tree.size + ahead - begin
        return hashes[place] if place < len(hashes) else None

    def meet_older():
        if older and older[1] == tree.size and older[2] != tree.root():
            wrong("rewritten")

    def push(digest):
        tree.push(digest)
        meet_older()

    if not lines:
        wrong("unreadable")
    try:
        header = read_line(lines[0], {"format": str, "origin": str, "size": int, "forgotten": int})
        forgotten = header["forgotten"]
        right = header["format"] == "bouncer-record/1" and forgotten % TILE == 0
        right = right and header["origin"] == key[0] and (not older or older[0] == header["origin"])
    except ValueError:
        right = False
    if not right:
        wrong("unreadable")
    meet_older()
    for number, line in enumerate(lines[1:], 1):
        up_to, is_row, note = forgotten, line.startswith('{"seq":'), None
        try:
            if line.startswith('{"checkpoint":'):
                note = read_note(read_line(line, {"checkpoint": str})["checkpoint"])
                up_to = min(forgotten, note[1])
            elif line.startswith('{"tile":'):
                tile = read_line(line, {"tile": int, "hashes": str})
                data = unbase(tile["hashes"])
                following = [data[i:i + 32] for i in range(0, len(data), 32)]
                if not 0 < len(data) <= 32 * TILE or len(data) % 32:
                    raise ValueError("odd hashes")
            elif not is_row:
                raise ValueError("no line of a record")
        except ValueError:
            wrong("unreadable")
        while tree.size < up_to and wanted() is not None:
            push(wanted())
        if is_row:
            found = leaf(line)
            if wanted() is None:
                wrong("inserted")
            elif found == wanted():
                push(found)
            elif found == wanted(1):
                wrong("missing")
            else:
                after = lines[number + 1] if number + 1 < len(lines) else ""
                wrong("inserted" if after.startswith('{"seq":') and leaf(after) == wanted() else "changed")
        elif note:
            origin, size, root, next_key, _, _ = note
            if tree.size < size and wanted() is not None:
                wrong("missing")
            if tree.size != size or origin != header["origin"]:
                wrong("unreadable")
            if tree.root() != root:
                raise Wrong("wrong-root", signed[0] if signed else 0)
            signed = (size, is_signed(note, key))
            if signed[1] and next_key:
                key = next_key
        else:
            if wanted() is not None:
                wrong("missing")
            if tile["tile"] * TILE != tree.size:
                wrong("unreadable")
            hashes, begin = following, tree.size
    if header["size"] != tree.size or not signed or signed[0] != tree.size:
        wrong("cut-short")
    if not signed[1]:
        wrong("not-signed")
    if older and older[1] > tree.size:
        wrong("shorter")
    return tree.size


def answer(case):
    try:
        return f"right {verify(case['key'], case['lines'], case.get('older'))}"
    except Wrong as found:
        return f"{found.args[0]} {found.args[1]}"


if __name__ == "__main__":
    if sys.argv[1:] == ["--cases"]:
        for text in sys.stdin:
            print(answer(json.loads(text)))
        sys.exit(0)
    with open(sys.argv[2], encoding="utf-8", newline="\n") as record:
        rows = record.read().split("\n")
    rows = rows[:-1] if rows[-1] == "" else rows
    old = open(sys.argv[3], encoding="utf-8").read() if len(sys.argv) > 3 else None
    said = answer({"key": sys.argv[1], "lines": rows, "older": old})
    print(said)
    sys.exit(0 if said.startswith("right") else 1)
