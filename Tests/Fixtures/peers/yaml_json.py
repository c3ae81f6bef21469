"""Prints a YAML file as JSON, with its anchors and merge keys resolved."""

import json
import sys

import yaml

with open(sys.argv[1], encoding="utf-8") as file:
    json.dump(yaml.safe_load(file), sys.stdout)
