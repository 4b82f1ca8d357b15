"""Packs the built web UI into the binary, at build time:

    web_files.py WEB_DIR OUT.bin OUT.cc

OUT.bin is all files, one after the other, each with its gzip behind it where that is smaller; OUT.cc takes it in
and says where in it each is (master/api/http/web_files.h). No folder, or no index.html in it: no files.
"""
import hashlib
import pathlib
import re
import sys
import zlib

TYPES = {
    ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8", ".json": "application/json", ".map": "application/json",
    ".webmanifest": "application/manifest+json", ".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg",
    ".gif": "image/gif", ".webp": "image/webp", ".ico": "image/x-icon", ".woff2": "font/woff2", ".woff": "font/woff",
    ".ttf": "font/ttf", ".wasm": "application/wasm", ".txt": "text/plain; charset=utf-8",
}
# Vite's names: a hash of the bytes stands in them.
LASTING = re.compile(r"/assets/.*-[A-Za-z0-9_-]{8,}\.[a-z0-9.]+")
NAME = re.compile(r"[A-Za-z0-9._/@+-]+")

SOURCE = """\
// Made by cmake/web_files.py of {folder}.
#include "master/api/http/web_files.h"

#include <array>

// {digest}
__asm__(
    ".pushsection .rodata\\n.global gale_web_files\\n"
    "gale_web_files:\\n.incbin \\"{blob}\\"\\n.byte 0\\n.popsection\\n");
extern "C" const char gale_web_files[];

namespace gale::http {{
namespace {{

std::string_view At(size_t begin, size_t size) {{ return {{gale_web_files + begin, size}}; }}

}}  // namespace

std::span<const WebFile> PackedWebFiles() {{
  static const std::array<WebFile, {count}> kFiles = {{{{
{rows}  }}}};
  (void)&At;
  return kFiles;
}}

}}  // namespace gale::http
"""


def gzipped(data):
    """As `gzip -9 -n`: the same bytes for the same file."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return packer.compress(data) + packer.flush()


def files_of(folder):
    """[(path as asked for, bytes)]; a name that a URL would have to escape is an error."""
    if not (folder / "index.html").is_file():
        return []
    found = []
    for file in sorted(folder.rglob("*")):
        name = file.relative_to(folder).as_posix()
        if not file.is_file() or name.startswith("."):
            continue
        if not NAME.fullmatch(name):
            sys.exit(f"{file}: a file of the web UI has a name of letters, digits and ._@+-")
        found.append(("/" + name, file.read_bytes()))
    return found


def main(folder, blob_path, source_path):
    blob, rows = bytearray(), ""
    files = files_of(pathlib.Path(folder))
    for path, data in files:
        small = gzipped(data)
        if len(small) >= len(data):
            small = b""
        kind = TYPES.get(pathlib.PurePosixPath(path).suffix, "application/octet-stream")
        lasting = "true" if LASTING.fullmatch(path) else "false"
        rows += (f'      {{"{path}", "{kind}", "{hashlib.sha256(data).hexdigest()[:32]}",\n       '
                 f"At({len(blob)}, {len(data)}), At({len(blob) + len(data)}, {len(small)}), {lasting}}},\n")
        blob += data + small
    pathlib.Path(blob_path).write_bytes(blob)
    pathlib.Path(source_path).write_text(SOURCE.format(
        folder=folder, digest=hashlib.sha256(blob).hexdigest(), blob=blob_path, count=len(files), rows=rows),
        encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
