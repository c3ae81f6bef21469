#!/usr/bin/env bash
# Puts Debian's node-express, node-pg and node-redis with what they depend on into the folder given, without installing
# them: a machine whose Node.js comes from elsewhere could not, because they ask for Debian's own.
set -euo pipefail
target=$1
[ ! -e "$target/complete" ] || exit 0
command -v node >/dev/null || { echo "node is not installed"; exit 1; }
command -v apt-get >/dev/null || { echo "this is no Debian or Ubuntu"; exit 1; }

# What they depend on among Node's libraries: the first alternative each, a generation a turn. A name that no package
# bears (a virtual one) stands for the package that provides it.
mapfile -t packages < <(python3 - <<'PYTHON'
import re, subprocess

def apt(*arguments):
    return subprocess.run(["apt-cache", *arguments], capture_output=True, text=True).stdout

# Only tests of these libraries load the two that are passed over; they would bring 100 MB.
found, asked, names = [], {"node-tape", "node-es-abstract"}, ["node-express", "node-pg", "node-redis"]
while names:
    asked.update(names)
    text = apt("show", "--no-all-versions", *names)
    real = re.findall(r"^Package: (\S+)$", text, re.M)
    found += real
    wanted = [part.split("|")[0] for line in re.findall(r"^Depends: (.*)$", text, re.M) for part in line.split(",")]
    next_names = {re.split(r"[ (:]", part.strip())[0] for part in wanted if part.strip().startswith("node-")}
    for virtual in set(names) - set(real):
        next_names.update(re.findall(r"^(node-\S+) ", apt("showpkg", virtual).split("Reverse Provides:")[-1], re.M)[:1])
    names = sorted(next_names - asked)
print("\n".join(found))
PYTHON
)
[ ${#packages[@]} -gt 3 ] || { echo "apt knows no node-express; try apt-get update"; exit 1; }
mkdir -p "$target/packages"
chmod 755 "$target" "$target/packages"
(cd "$target/packages" && apt-get download -q "${packages[@]}" >download.log 2>&1) ||
    { tail -n 3 "$target/packages/download.log"; exit 1; }
for archive in "$target"/packages/*.deb; do dpkg -x "$archive" "$target/root"; done
rm -rf "$target/packages"
touch "$target/complete"
