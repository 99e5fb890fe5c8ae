"""Writes ../src/unicode-names.br: the names that Python's \\N{...} takes, of the Unicode version of the Python that
runs this. Called with the path of NameAliases.txt of that version or a newer one (unicodedata knows the aliases but
does not list them); names in it that this Python does not know are left out.

    python3.13 unicode-names.py NameAliases.txt

The data is lines of `name;step` in the order of code points, compressed with Brotli by Node: step is the distance
to the line before in base 36. Left out are the names that follow from a rule, of Hangul syllables and unified CJK
ideographs; the ranges of the latter are the first line, `first-last` in hexadecimal with blanks between.
"""

import pathlib
import subprocess
import sys
import unicodedata

TARGET = pathlib.Path(__file__).parent.parent / "src" / "unicode-names.br"
COMPRESS = """
const zlib = require('node:zlib');
const text = require('node:fs').readFileSync(0);
const params = { [zlib.constants.BROTLI_PARAM_SIZE_HINT]: text.length, [zlib.constants.BROTLI_PARAM_LGWIN]: 24 };
process.stdout.write(zlib.brotliCompressSync(text, { params }));
"""


def base36(number):
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return digits


def main(aliases_path):
    names = []
    ideographs = []
    for code in range(sys.maxunicode + 1):
        name = unicodedata.name(chr(code), "")
        if name.startswith("CJK UNIFIED IDEOGRAPH-"):
            if ideographs and ideographs[-1][1] == code - 1:
                ideographs[-1][1] = code
            else:
                ideographs.append([code, code])
        elif name and not name.startswith("HANGUL SYLLABLE "):
            names.append((code, name))
    for line in pathlib.Path(aliases_path).read_text().splitlines():
        if line and not line.startswith("#"):
            code, alias, _ = line.split(";")
            try:
                known = unicodedata.lookup(alias) == chr(int(code, 16))
            except KeyError:
                continue
            if known:
                names.append((int(code, 16), alias))
    lines = [" ".join(f"{first:X}-{last:X}" for first, last in ideographs)]
    before = 0
    for code, name in sorted(names):
        lines.append(f"{name};{base36(code - before)}")
        before = code
    text = "\n".join(lines).encode("ascii")
    TARGET.write_bytes(subprocess.run(["node", "-e", COMPRESS], input=text, stdout=subprocess.PIPE, check=True).stdout)
    print(f"Unicode {unicodedata.unidata_version}: {len(names)} names, {TARGET.stat().st_size} bytes")


main(sys.argv[1])
