#!/usr/bin/env python3
"""Prints the list of all parts of the image as a CycloneDX document (JSON, version 1.5).

The packages of Swift come from Package.resolved, those of Debian from dpkg's list of what is installed. The same input gives the
same bytes: parts are sorted, the time is SOURCE_DATE_EPOCH, and the serial number is derived from the content.
"""

import argparse
import datetime
import json
import os
import re
import sys
import urllib.parse
import uuid


def swift_components(path):
    with open(path, encoding="utf-8") as file:
        resolved = json.load(file)
    if resolved.get("version") not in (2, 3):
        raise SystemExit(f"sbom.py: {path} has the version {resolved.get('version')}, which is not known")
    for pin in resolved["pins"]:
        location, state = pin["location"], pin["state"]
        version = state.get("version") or state["revision"]
        host_and_path = re.sub(r"^(?:[a-z+]+://|git@)|\.git$", "", location).replace(":", "/")
        namespace, _, name = host_and_path.rpartition("/")
        yield {
            "type": "library",
            "bom-ref": f"swift:{pin['identity']}",
            "name": name,
            "version": version,
            "purl": f"pkg:swift/{namespace}/{name}@{urllib.parse.quote(version)}",
            "externalReferences": [{"type": "vcs", "url": location}],
            "properties": [{"name": "arc:revision", "value": state["revision"]}],
        }


def debian_components(path):
    with open(path, encoding="utf-8") as file:
        paragraphs = file.read().split("\n\n")
    for paragraph in paragraphs:
        fields = dict(re.findall(r"^([A-Za-z-]+): (.*)$", paragraph, re.MULTILINE))
        if "Package" not in fields or not fields.get("Status", "install ok installed").endswith(" installed"):
            continue
        name, version, architecture = fields["Package"], fields["Version"], fields["Architecture"]
        yield {
            "type": "library",
            "bom-ref": f"deb:{name}:{architecture}",
            "name": name,
            "version": version,
            "purl": f"pkg:deb/debian/{urllib.parse.quote(name)}@{urllib.parse.quote(version)}?arch={architecture}",
        }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--resolved", required=True, help="Package.resolved of the build")
    parser.add_argument("--dpkg", action="append", default=[], help="a file like /var/lib/dpkg/status; may be repeated")
    parser.add_argument("--version", required=True, help="version of arc")
    options = parser.parse_args()

    components = {}
    for component in swift_components(options.resolved):
        components[component["bom-ref"]] = component
    for path in options.dpkg:
        for component in debian_components(path):
            components[component["bom-ref"]] = component
    parts = [components[reference] for reference in sorted(components)]
    content = json.dumps([options.version, parts], sort_keys=True)
    time = datetime.datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH", "0")), datetime.timezone.utc)
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, content)}",
        "version": 1,
        "metadata": {
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": {
                "type": "application", "bom-ref": "arc", "name": "arc", "version": options.version,
                "licenses": [{"license": {"id": "MIT"}}],
            },
        },
        "components": parts,
        "dependencies": [{"ref": "arc", "dependsOn": [part["bom-ref"] for part in parts]}],
    }
    json.dump(document, sys.stdout, indent=2)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
