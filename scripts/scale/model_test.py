"""Tests of the model: python3 scripts/scale/model_test.py"""
import contextlib
import io
import json
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import model

FIGURES = json.loads((model.HERE / "measured.json").read_text())


def measured():
    return model.Measured.of(FIGURES["bench"], FIGURES["scale"])


def compute(tenants, *changes):
    return model.compute(tenants, measured(), model.assumptions(changes))


def run(*arguments):
    output, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
        status = model.main(list(arguments))
    return status, output.getvalue(), errors.getvalue()


class ModelTest(unittest.TestCase):
    def test_figures_are_read_as_they_were_measured(self):
        figures = measured()
        self.assertEqual(figures.read_micros, 115)
        self.assertAlmostEqual(figures.bytes_of_tenant, 8219, delta=1)
        self.assertAlmostEqual(figures.node_megabytes, 61.7, places=1)
        self.assertAlmostEqual(figures.database_write_micros, 2e6 / 1367)
        self.assertAlmostEqual(figures.database_read_micros, 1030, delta=0.1)

    def test_requests_events_and_bytes_follow_from_the_assumptions(self):
        result = compute(86_400, "reads=10", "lists=2", "writes=1", "peak=3", "events=2", "event_bytes=1000",
                         "events_days=10", "audit_bytes=500", "audit_days=100", "growth=1")
        self.assertEqual(result["requests"], {"reads": 30, "lists": 6, "writes": 3})
        self.assertEqual(result["events"], 6)
        self.assertEqual(result["gigabytes"]["events"], round(86_400 * 2 * 3 * 1000 * 10 / 1e9, 1))
        self.assertEqual(result["gigabytes"]["audit log"], round(86_400 * 500 * 100 / 1e9, 1))
        self.assertEqual(result["gigabytes"]["rows"], 0.7)

    def test_the_smallest_installation_survives_the_loss_of_a_node(self):
        result = compute(1)
        self.assertTrue(all(count >= 2 for count in result["nodes"].values()))
        self.assertEqual((result["databases"]["primaries"], result["databases"]["replicasOfEach"]), (1, 1))
        self.assertFalse(result["pooler"])

    def test_more_tenants_never_need_less_and_cost_less_each(self):
        results = [compute(10 ** power) for power in range(3, 10)]
        for before, after in zip(results, results[1:]):
            for need in (lambda r: sum(r["nodes"].values()), lambda r: r["connections"], lambda r: r["databases"]["primaries"],
                         lambda r: r["redis"]["servers"], lambda r: r["costOfMonth"], lambda r: sum(r["gigabytes"].values())):
                self.assertLessEqual(need(before), need(after))
            self.assertGreaterEqual(before["costOfTenant"] * 1.01, after["costOfTenant"])

    def test_each_limit_is_what_it_says(self):
        self.assertEqual(compute(1_000_000)["bus"], "PostgreSQL")
        self.assertNotEqual(compute(1_000_000, "bus_events=100")["bus"], "PostgreSQL")
        self.assertTrue(compute(10_000, "pool=100")["pooler"])
        self.assertGreater(compute(1_000_000, "database_disk=500")["databases"]["primaries"], 1)
        self.assertGreater(compute(1_000_000, "lists=10000")["databases"]["replicasOfEach"], 1)
        self.assertGreater(compute(1_000_000, "redis_commands=1000")["redis"]["servers"], 1)
        limits = list(compute(100_000_000)["limits"].values())
        self.assertEqual(limits, sorted(limits, reverse=True))
        self.assertGreater(limits[0], 1)

    def test_costs_are_sums_of_prices(self):
        result = compute(10_000, "core=1", "memory=0.001", "storage=0.001", "backup=0.001", "audit_days=1")
        self.assertAlmostEqual(result["costOfMonth"], 6 * 4 + 2 * 2 + 2 * 2, delta=1)
        self.assertAlmostEqual(result["costOfTenant"], result["costOfMonth"] / 10_000, delta=0.0001)

    def test_measured_files_are_used_and_bad_ones_named(self):
        with tempfile.TemporaryDirectory() as folder:
            bench, scale = pathlib.Path(folder, "b.json"), pathlib.Path(folder, "s.json")
            figures = json.loads(json.dumps(FIGURES))
            figures["bench"]["targets"]["arc"]["runs"]["read"].append({"perSecond": 99999, "cpuMicroseconds": 1150})
            bench.write_text(json.dumps(figures["bench"]))
            scale.write_text(json.dumps(figures["scale"]))
            status, output, _ = run("--bench", str(bench), "--scale", str(scale), "--json", "--tenants", "100000000")
            self.assertEqual(status, 0)
            slower = json.loads(output)["results"][0]["nodes"]["subscription"]
            self.assertGreater(slower, compute(100_000_000)["nodes"]["subscription"])
            for content in ("{", "{}", "[]", json.dumps({**figures["bench"], "pgbench": []}), json.dumps(figures["scale"])):
                bench.write_text(content)
                status, output, errors = run("--bench", str(bench), "--scale", str(scale))
                self.assertEqual((status, output), (2, ""), content)
                self.assertTrue(errors.startswith("model.py: "))
            self.assertEqual(run("--scale", str(pathlib.Path(folder, "missing")))[0], 2)

    def test_wrong_assumptions_are_refused(self):
        for change in ("nothing=1", "reads", "reads=x", "reads=-1", "peak=0", "hits=1.1", "core=nan", "core=inf", "=1"):
            status, _, errors = run("--set", change)
            self.assertEqual(status, 2, change)
            self.assertIn(change, errors)
        self.assertEqual(run("--tenants", "0")[0], 2)
        self.assertEqual(run("--set", "writes=0", "--committed")[0], 0)
        self.assertIn("peak                           9", run("--assumptions", "--set", "peak=9")[1])

    def test_the_document_has_the_table(self):
        document = (model.HERE.parent.parent / "docs" / "scaling.md").read_text()
        self.assertIn(run("--committed")[1].strip(), document)


if __name__ == "__main__":
    unittest.main()
