import sys
# Reads metrics in the format OpenMetrics from standard input with the parser of the official client, which is strict, and prints
# their names.
from prometheus_client.openmetrics.parser import text_string_to_metric_families

names = [family.name for family in text_string_to_metric_families(sys.stdin.read())]
print("\n".join(sorted(names)))
