"""Fails unless a report (ndjson) shows that the stateful phase was carried out: schemathesis skips it, and the run
succeeds, when it infers no links from the document."""

import json
import sys

STEP, PHASE = '{"ScenarioFinished":', '"phase":"stateful"'


def scenarios(path):
    """What was recorded of each scenario of the phase. Most lines are of other phases, and long."""
    with open(path, encoding="utf-8") as report:
        for line in report:
            if line.startswith(STEP) and PHASE in line.split('"recorder":', 1)[0]:
                yield json.loads(line)["ScenarioFinished"].get("recorder", {})


def main(path):
    sent = linked = 0
    for recorder in scenarios(path):
        sent += bool(recorder.get("interactions"))
        # A step that took its input from the answer of one before.
        linked += any(case.get("transition") for case in recorder.get("cases", {}).values())
    print(f"fuzz: {sent} stateful scenarios, {linked} of them with a step that follows from another")
    if not linked:
        sys.exit("fuzz: the stateful phase has tested nothing")


if __name__ == "__main__":
    main(sys.argv[1])
