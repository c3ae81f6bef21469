#!/usr/bin/env bash
# Downloads Swagger UI 5 (Apache-2.0) from a PyPI package, pinned by its hash, into the given folder.
set -euo pipefail
target=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

echo "flask-swagger-ui==5.34.0 \
--hash=sha256:63e4ecfee6345ca746c11c5341c6f2a1cbe271e518aac1659889cd3905b1110f" >"$work/requirements.txt"
python3 -m pip download --quiet --disable-pip-version-check --retries 1 --timeout 20 --no-deps --only-binary :all: --require-hashes \
    --requirement "$work/requirements.txt" --dest "$work"
python3 - "$work" <<'PYTHON'
import pathlib, sys, zipfile

work = pathlib.Path(sys.argv[1])
prefix = "flask_swagger_ui/dist/"
(wheel,) = work.glob("*.whl")
(work / "dist").mkdir()
with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        if name.startswith(prefix) and "/" not in name[len(prefix):]:
            (work / "dist" / name[len(prefix):]).write_bytes(archive.read(name))
PYTHON
mkdir -p "$(dirname "$target")"
rm -rf "$target"
mv "$work/dist" "$target"
chmod -R a+rX "$target"
echo "Swagger UI is installed in $target"
