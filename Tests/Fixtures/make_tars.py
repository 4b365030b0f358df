#!/usr/bin/env python3
"""Makes Tests/Fixtures/tars and tars.json: what GNU tar and Python's tarfile see in each archive.

    python3 make_tars.py        (GNU tar 1.34, CPython 3.11)

GNU tar writes an archive in each of its formats; tarfile and a few hand-made headers add what it doesn't
write. tars.json lists for each archive the members in order: name (hexadecimal), kind, offset and size of the
bytes. Names and kinds are those of `tar --list --verbose`, offsets and sizes tarfile's; where both tell a name, or
`tar --list --block-number` a place, they must agree.
"""
import io, json, os, re, shutil, subprocess, tarfile, tempfile
from pathlib import Path

HERE = Path(__file__).parent
OUT = HERE / "tars"
FIXED = ["--sort=name", "--mtime=@1700000000", "--owner=0", "--group=0", "--numeric-owner", "-b1"]
KINDS = {"-": "file", "C": "file", "d": "directory", "l": "symbolicLink", "h": "hardLink", "p": "special", "c": "special", "b": "special"}


def content(name: str, size: int) -> bytes:
    return (name.encode() + b" ") * (size // (len(name.encode()) + 1) + 1)


def put(root: Path, name: str, size: int) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_bytes(content(name, size)[:size])


def gnu_tar(out: str, root: Path, *arguments: str) -> None:
    subprocess.run(["tar", *FIXED, "-cf", str(OUT / out), "-C", str(root), *arguments], check=True)


def tree(root: Path, longest: int) -> None:
    put(root, "00000/z.jpg", 700)
    put(root, "00000/a.json", 20)
    put(root, "00000/empty.jpg", 0)
    put(root, "00000/block.jpg", 512)
    put(root, "00000/ünï 東京.jpg", 33)
    name = "00000/" + "d" * 60 + "/" + "f" * 27 + ".jpg"        # 98 bytes
    put(root, name, 5)
    put(root, name[:-4] + "g.jpg", 6)                          # 99
    put(root, name[:-4] + "gh.jpg", 7)                         # 100, as many as the field holds
    if longest > 100:
        put(root, name[:-4] + "ghi.jpg", 8)
        put(root, "00000/" + "e" * 90 + "/" + "k" * 90 + ".jpg", 9)
    if longest > 255:
        put(root, "00000/" + "/".join(["l" * 100] * 4) + "/ö.jpg", 10)
    os.symlink("z.jpg", root / "00000/link.jpg")
    os.link(root / "00000/a.json", root / "00000/same.json")
    if longest > 100:
        os.mkfifo(root / "00000/pipe")


def header(name: bytes, size: bytes, kind: bytes = b"0", magic: bytes = b"ustar\x0000") -> bytes:
    block = bytearray(512)
    block[0:len(name)] = name
    block[100:108] = b"0000644\0"
    block[124:124 + len(size)] = size
    block[136:148] = b"14524770000\0"
    block[148:156] = b"        "
    block[156:157] = kind
    block[257:257 + len(magic)] = magic
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 512)


def octal(size: int) -> bytes:
    return b"%011o\0" % size


def pax(*records: tuple[str, str], kind: bytes = b"x") -> bytes:
    body = b""
    for key, value in records:
        text = f" {key}={value}\n".encode()
        length = len(text)
        while len(str(length)) + len(text) != length:
            length = len(str(length)) + len(text)
        body += str(length).encode() + text
    return header(b"PaxHeader/x", octal(len(body)), kind) + padded(body)


def hand_made() -> None:
    end = bytes(1024)
    photo = padded(b"photo")
    write = lambda name, data: (OUT / name).write_bytes(data)
    write("base256.tar", header(b"x.jpg", b"\x80" + bytes(9) + b"\x02\x58", magic=b"ustar  \0") + padded(bytes(600)) + header(b"y.jpg", octal(5)) + photo + end)
    write("pax_size.tar", pax(("size", "600")) + header(b"x.jpg", octal(0)) + padded(bytes(600)) + header(b"y.jpg", octal(5)) + photo + end)
    write("pax_path.tar", pax(("path", "00000/ö/long.jpg"), ("mtime", "1.5")) + header(b"short.jpg", octal(5)) + photo + header(b"y.jpg", octal(5)) + photo + end)
    write("pax_global.tar", pax(("comment", "0123"), kind=b"g") + header(b"x.jpg", octal(5)) + photo + end)
    write("no_end.tar", header(b"x.jpg", octal(5)) + photo)
    write("one_zero_block.tar", header(b"x.jpg", octal(5)) + photo + bytes(512))
    write("after_the_end.tar", header(b"x.jpg", octal(5)) + photo + end + header(b"y.jpg", octal(5)) + photo + end)
    write("old_directory.tar", header(b"00000/", octal(0), b"\0", b"") + header(b"00000/x.jpg", octal(5), b"\0", b"") + photo + end)
    write("contiguous.tar", header(b"x.jpg", octal(5), b"7") + photo + end)
    write("blanks_in_numbers.tar", header(b"x.jpg", b"          5 ") + photo + end)
    write("invalid_utf8.tar", header(b"00000/\xff\xfe.jpg", octal(5), magic=b"ustar  \0") + photo + end)
    write("devices.tar", header(b"null", octal(0), b"3") + header(b"disk", octal(0), b"4") + header(b"x.jpg", octal(5)) + photo + end)
    write("incremental.tar", header(b"00000/", octal(8), b"D", b"ustar  \0") + padded(b"Yx.jpg\0\0") + header(b"00000/x.jpg", octal(5), magic=b"ustar  \0") + photo + end)
    write("spellings.tar", header(b"./00000/x.jpg", octal(5)) + photo + header(b"00000//y.jpg", octal(5)) + photo + header(b"00000/./z.jpg", octal(5)) + photo + end)
    write("unsafe.tar", header(b"/etc/x.jpg", octal(5)) + photo + header(b"00000/../../y.jpg", octal(5)) + photo + header(b"00000/z.jpg", octal(5)) + photo + end)


def without_process_id(path: Path) -> None:
    """GNU tar puts its process's number into the names of sparse members; this makes it 1."""
    data = bytearray(path.read_bytes())
    for at in range(0, len(data), 512):
        if b"GNUSparseFile." in data[at:at + 100] and data[at + 257:at + 262] == b"ustar":
            name = re.sub(rb"GNUSparseFile\.\d+", b"GNUSparseFile.1", bytes(data[at:at + 100]).rstrip(b"\0"))
            data[at:at + 100] = name.ljust(100, b"\0")
            data[at + 148:at + 156] = b"        "
            data[at + 148:at + 156] = b"%06o\0 " % sum(data[at:at + 512])
    path.write_bytes(data)


def without_long_names(path: Path, block: int) -> int:
    """GNU tar tells the block where a member's long name begins; this is where its own header does."""
    data = path.read_bytes()
    while chr(data[512 * block + 156]) in "LK":
        block += 1 + -(-int(data[512 * block + 124:512 * block + 135], 8) // 512)
    return block


def members(path: Path) -> list:
    # An archive behind another one's end is listed, too.
    joined = ["--ignore-zeros"] if path.stem == "after_the_end" else []
    listing = subprocess.run(["tar", *joined, "--list", "--verbose", "--absolute-names", "--full-time", "--quoting-style=literal", "-f", str(path)], check=True, capture_output=True).stdout
    kinds = [chr(line[0]) for line in listing.splitlines()]
    names = subprocess.run(["tar", *joined, "--list", "--absolute-names", "--quoting-style=literal", "-f", str(path)], check=True, capture_output=True).stdout.splitlines()
    places = subprocess.run(["tar", *joined, "--list", "--block-number", "--absolute-names", "-f", str(path)], check=True, capture_output=True).stdout
    blocks = [int(line.split(b":")[0].removeprefix(b"block ")) for line in places.splitlines() if not line.endswith(b"** Block of NULs **") and b"** End of File **" not in line]
    result = []
    with tarfile.open(path, "r:", encoding="utf-8", errors="surrogateescape", ignore_zeros=bool(joined)) as archive:
        infos = archive.getmembers()
    assert len(infos) == len(kinds) == len(names) == len(blocks), (path.name, len(infos), len(kinds), len(names), len(blocks))
    for info, kind, name, block in zip(infos, kinds, names, blocks):
        assert name.rstrip(b"/") == info.name.encode("utf-8", "surrogateescape").rstrip(b"/"), (name, info.name)
        kind = "sparse" if info.issparse() else KINDS[kind]
        assert kind != "file" or info.offset_data == 512 * (without_long_names(path, block) + 1), (path.name, name, block)
        result.append([name.rstrip(b"/").hex(), kind, info.offset_data, info.size if kind == "file" else 0])
    return result


def main() -> None:
    os.umask(0o022)
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir()
    for form, longest in (("v7", 99), ("oldgnu", 999), ("gnu", 999), ("ustar", 255), ("pax", 999)):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            tree(root, longest)
            options = ["--pax-option=delete=atime,delete=ctime,exthdr.name=%d/PaxHeaders/%f"] if form == "pax" else []
            if form == "v7":
                (root / ("00000/" + "d" * 60 + "/" + "f" * 27 + "gh.jpg")).unlink()
            gnu_tar(f"{form}.tar", root, f"--format={form}", *options, "00000")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        put(root, "x.jpg", 700)
        put(root, "x.json", 20)
        gnu_tar("dots.tar", root, ".")
        gnu_tar("bare.tar", root, "x.jpg", "x.json")
        gnu_tar("duplicates.tar", root, "x.jpg", "x.json")
        put(root, "x.jpg", 40)
        subprocess.run(["tar", *FIXED[1:], "-rf", str(OUT / "duplicates.tar"), "-C", folder, "x.jpg"], check=True)
        with open(root / "holes.jpg", "wb") as f:
            f.write(b"begin")
            f.seek(1 << 18)
            f.write(b"end")
        names = ["holes.jpg", "x.jpg"]
        gnu_tar("sparse_gnu.tar", root, "--format=gnu", "-S", *names)
        for version in ("0.0", "0.1", "1.0"):
            gnu_tar(f"sparse_pax_{version}.tar", root, "--format=pax", "--pax-option=delete=atime,delete=ctime,exthdr.name=%d/PaxHeaders/%f", "-S", f"--sparse-version={version}", *names)
            without_process_id(OUT / f"sparse_pax_{version}.tar")
    hand_made()
    result = {path.stem: members(path) for path in sorted(OUT.glob("*.tar"))}
    lines = ",\n".join(f'"{name}": [\n  ' + ",\n  ".join(map(json.dumps, rows)) + "\n]" for name, rows in result.items())
    (HERE / "tars.json").write_text("{\n" + lines + "\n}\n")
    print(f"{len(result)} archives, {sum(p.stat().st_size for p in OUT.glob('*.tar'))} bytes")


if __name__ == "__main__":
    main()
