import Foundation
import JSONCoding
import TestSupport
import Testing

/// The compose file, the drawing in docs/contract/architecture.md, and the table that maps one to the other.
@Suite(.timeLimit(.minutes(20))) struct TopologyTests {
    @Test func `the table of the architecture and the compose file say the same`() async throws {
        let compose = try await ComposeFile.read()
        let table = try TopologyTable.read()
        #expect(table.rows.count > 30)
        #expect(compose.facts.subtracting(table.facts) == [], "the table lacks these")
        #expect(table.facts.subtracting(compose.facts) == [], "the compose file lacks these")
        let checks = table.healthChecks
        for (name, service) in compose.services {
            let command = ComposeFile.texts(service["healthcheck"]?["test"]).joined(separator: " ")
            if name.hasPrefix("migrate-") {
                #expect(service["healthcheck"]?["disable"] == true, "\(name) ends")
            } else if let part = checks[name] {
                #expect(command.contains(part), "\(name): \(command)")
            } else {
                Issue.record("the table lacks the health check of \(name)")
            }
        }
        #expect(Set(checks.keys).isSubset(of: compose.services.map(\.name)))
    }

    @Test func `every test that the table names exists`() throws {
        let steps = (try? ComposeFile.text("scripts/compose/compose_test.py")) ?? ""
        let suites = Set(
            FileManager.default.enumerator(atPath: ComposeFile.root.appendingPathComponent("Tests").path)?
                .compactMap { ($0 as? String)?.split(separator: "/").last.map(String.init) } ?? [])
        for row in try TopologyTable.read().rows {
            for test in row.tests where !test.isEmpty {
                if test.hasPrefix("compose-test: ") {
                    #expect(steps.contains("@step(\"\(test.dropFirst(14))\")"), "\(row.drawn): \(test)")
                } else {
                    #expect(suites.contains("\(test).swift"), "\(row.drawn): \(test)")
                }
            }
            #expect(row.facts.isEmpty || !row.tests.isEmpty, "\(row.drawn) is tested by nothing")
        }
    }

    @Test func `everything that the drawing names is in the compose file`() async throws {
        let drawing = try ComposeFile.text("docs/contract/architecture.md")
        let compose = try await ComposeFile.read()
        let facts = compose.facts
        let names = Set(compose.services.map(\.name))

        let volumes = Set(drawing.matches(of: /arc-saas-[a-z-]+-data/).map { String($0.0) })
        #expect(volumes.count == 4)
        for volume in volumes { #expect(facts.contains { $0.hasSuffix(": \(volume)") }, "\(volume)") }
        #expect(drawing.contains("arc-saas-network (bridge)") && facts.contains("networks.arc-saas-network: bridge"))

        let published = Set(facts.filter { $0.contains(".ports: ") }.map { $0.split(separator: ":")[1].dropFirst() })
        let ports =
            drawing.matches(of: /localhost:([0-9]+)/).map(\.1)
            + drawing.matches(of: /Exposed: ([0-9]+)/).map(\.1)
        #expect(Set(ports) == ["3005", "3002", "5050", "8081", "5432", "5433"])
        for port in ports { #expect(published.contains(port), "\(port)") }

        // The tree under "Container Dependencies": a name, and below "depends_on:" what it waits for.
        let tree = drawing.split(separator: "Start Order:")[1].split(separator: "Stop Order")[0]
        var waiting: Substring?
        var arrows = 0
        for line in tree.split(separator: "\n") {
            guard let match = line.firstMatch(of: /[├└]─ ([a-z-]+)(:| \(healthy\)| \(healthcheck\))?\s*$/) else {
                continue
            }
            let name = match.1
            if names.contains(String(name)), line.prefix(while: { $0 != "─" }).count < 10 {
                waiting = name
            } else if names.contains(String(name)), let waiting {
                arrows += 1
                #expect(facts.contains("\(waiting).depends_on: \(name) (service_healthy)"), "\(waiting) → \(name)")
            }
        }
        #expect(arrows == 7)

        // Limits as under "Vertical Scaling".
        #expect(drawing.contains("cpus: '2.0'\n          memory: 2G"))
        #expect(facts.contains("tenant-management-service.limits: 2.0 2G"))
        #expect(facts.contains("tenant-management-service.reservations: 1.0 1G"))
    }

    @Test func `addresses that the drawing has inside of the network are those of the settings`() async throws {
        let services = Dictionary(
            uniqueKeysWithValues: try await ComposeFile.read().services.map { ($0.name, $0.service) })
        func setting(_ service: String, _ name: String) -> String? {
            services[service]?["environment"]?[name]?.stringValue
        }
        #expect(setting("tenant-management-service", "DB_HOST") == "postgres-tenant-management")
        #expect(setting("tenant-management-service", "DB_DATABASE") == "tenant_mgmt_db")
        #expect(setting("subscription-service", "DB_HOST") == "postgres-subscription")
        #expect(setting("subscription-service", "DB_DATABASE") == "subscription_db")
        #expect(setting("tenant-management-service", "REDIS_DATABASE") == "0")
        #expect(setting("subscription-service", "REDIS_DATABASE") == "1")
        for service in ["tenant-management-service", "subscription-service", "orchestrator"] {
            #expect(setting(service, "REDIS_HOST") == "redis" && setting(service, "REDIS_PORT") == "6379")
            #expect(setting(service, "EVENT_CONNECTOR") == "${EVENT_CONNECTOR:-bullmq}")
            let port = try #require(setting(service, "PORT"))
            #expect(ComposeFile.texts(services[service]?["ports"]).first?.hasSuffix(":\(port):\(port)") == true)
        }
        #expect(setting("orchestrator", "TENANT_MANAGEMENT_URL") == "http://tenant-management-service:3005")
    }
}
