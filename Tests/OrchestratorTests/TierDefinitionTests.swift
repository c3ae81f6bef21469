import Configuration
import ConfigurationChecks
import Foundation
import JSONCoding
import MessageBus
import PostgresTestSupport
import ServiceKit
import Testing
import WorkQueue

@testable import Orchestrator

@Suite struct TierDefinitionTests {
    @Test func `a file maps tiers to provisioners`() throws {
        let text = #"""
            {"basic": {"provisioner": "postgres-schema"}, "Premium": {"provisioner": "postgres-database"},
             "CUSTOM": {"provisioner": "http", "url": "http://pipeline.example.com/tenants", "headers": {"x-key": "k"}},
             "script": {"provisioner": "exec", "command": ["sh", "-c", "exit 0"], "timeoutSeconds": 5}}
            """#
        let definitions = try TierDefinition.parse(Array(text.utf8))
        #expect(definitions.map(\.tier) == ["BASIC", "PREMIUM", "CUSTOM", "SCRIPT"])
        #expect(
            definitions.map(\.provisioner) == ["postgres-schema", "postgres-database", "http", "exec"])
        #expect(definitions[2].options["url"] == "http://pipeline.example.com/tenants")
        #expect(definitions[0].options.isEmpty)
    }

    @Test func `without a file the three tiers of the contract have one`() {
        let defaults = Dictionary(
            uniqueKeysWithValues: TierDefinition.defaults.map { ($0.tier, $0.provisioner) })
        #expect(
            defaults == ["BASIC": "postgres-schema", "STANDARD": "postgres-schema", "PREMIUM": "postgres-database"])
    }

    @Test func `tiers are found in any case`() throws {
        let table = try table(#"{"Script": {"provisioner": "exec", "command": ["/bin/true"]}}"#)
        #expect(table["SCRIPT"]?.name == "exec")
        #expect(table["script"]?.name == "exec")
        #expect(table["scripts"] == nil)
        #expect(table[""] == nil)
    }

    @Test func `commands are found in PATH`() throws {
        let table = try table(#"{"A": {"provisioner": "exec", "command": ["sh", "-c", "exit 0"]}}"#)
        let exec = try #require(table["a"]?.provisioner as? ExecProvisioner)
        #expect(exec.arguments[0].hasPrefix("/") && exec.arguments[0].hasSuffix("/sh"))
        #expect(exec.arguments.dropFirst() == ["-c", "exit 0"])
        #expect(exec.timeLimit == .seconds(900))
    }

    @Test func `a plan size can have another provisioner than its tier`() throws {
        let table = try table(
            #"""
            {"Basic": {"provisioner": "exec", "command": ["/bin/true"],
             "sizes": {"xl": {"provisioner": "http", "url": "http://Pipeline.example.com/"}}}}
            """#)
        #expect(table["BASIC"]?.name == "exec")
        #expect(table["basic", size: "XL"]?.name == "http")
        #expect(table["basic", size: "Xl"]?.name == "http")
        #expect(table["basic", size: "S"]?.name == "exec")
        #expect(table["basic", size: ""]?.name == "exec")
        #expect(table["other", size: "XL"] == nil)
        #expect(table.bulkheads(of: "basic") == ["tier:BASIC", "host:pipeline.example.com"])
    }

    @Test func `an event names the size and the region of its plan`() throws {
        var test = TestEvent(key: "acme")
        #expect(try test.event().plan == .init(size: "S", region: nil))
        test.region = "eu"
        #expect(try test.event().plan == .init(size: "S", region: "eu"))
    }

    @Test func `all problems of a file are reported at once`() throws {
        let failure = try #require(throws: ConfigurationFailure.self) {
            _ = try table(
                #"{"A": {"provisioner": "bash"}, "B": {"provisioner": "exec", "sizes": {"S": {"provisioner": "http"}}}}"#
            )
        }
        for part in [#"tier "A" has the unknown"#, #"tier "B" needs "command""#, #"tier "B", size "S" needs "url""#] {
            #expect(failure.description.contains(part), "\(failure)")
        }
    }

    @Test(arguments: [
        ("", "is not valid JSON"),
        (#"{"A": {"provisioner": "x"}, "A": {"provisioner": "y"}}"#, "repeated key"),
        (#"{"A": {"provisioner": "exec", "sizes": {}}}"#, #"tier "A" has a wrong "sizes""#),
        (#"{"A": {"provisioner": "exec", "sizes": {"S": 1}}}"#, #"tier "A", size "S" must be an object"#),
        (
            #"{"A": {"provisioner": "exec", "command": ["sh"], "sizes": {"S": {"provisioner": "exec", "sizes": 1}}}}"#,
            #"tier "A", size "S" has the unknown member "sizes""#
        ),
        (
            #"{"A": {"provisioner": "x", "sizes": {"s": {"provisioner": "x"}, "S": {"provisioner": "x"}}}}"#,
            #"has the tier "A", size "S" twice"#
        ),
        ("[]", "must be a JSON object"),
        ("{}", "must be a JSON object"),
        (#"{"BASIC": "postgres-schema"}"#, #"tier "BASIC" must be an object with a provisioner"#),
        (#"{"BASIC": {"provisioner": 1}}"#, #"tier "BASIC" must be an object with a provisioner"#),
        (#"{"a": {"provisioner": "exec"}, "A": {"provisioner": "exec"}}"#, #"has the tier "A" twice"#),
        (#"{"A": {"provisioner": "bash"}}"#, "write one of exec, http, postgres-database, postgres-schema"),
        (#"{"A": {"provisioner": "postgres-schema", "size": 1}}"#, #"unknown member "size""#),
        (#"{"A": {"provisioner": "exec"}}"#, #"tier "A" needs "command": the program and its arguments"#),
        (#"{"A": {"provisioner": "exec", "command": []}}"#, #"needs "command""#),
        (#"{"A": {"provisioner": "exec", "command": ["sh", 1]}}"#, #"needs "command""#),
        (#"{"A": {"provisioner": "exec", "command": ["/no/such/program"]}}"#, "does not exist or is not executable"),
        (#"{"A": {"provisioner": "exec", "command": ["/tmp"]}}"#, "does not exist or is not executable"),
        (#"{"A": {"provisioner": "exec", "command": ["sh"], "timeoutSeconds": 0}}"#, "from 1 to 86400"),
        (#"{"A": {"provisioner": "exec", "command": ["sh"], "environment": {"A=B": ""}}}"#, "no variable can have"),
        (#"{"A": {"provisioner": "exec", "command": ["sh"], "environment": []}}"#, "must be an object of texts"),
        (#"{"A": {"provisioner": "exec", "cmd": ["sh"]}}"#, "exec takes command, environment"),
        (#"{"A": {"provisioner": "http"}}"#, #"needs "url": an http or https URL"#),
        (#"{"A": {"provisioner": "http", "url": "ftp://x"}}"#, #"wrong "url""#),
        (#"{"A": {"provisioner": "http", "url": "http://user:secret@x/"}}"#, #"wrong "url""#),
        (#"{"A": {"provisioner": "http", "url": "http://x/", "headers": {"a b": "c"}}}"#, "HTTP does not allow"),
        (#"{"A": {"provisioner": "http", "url": "http://x/", "headers": {"a": "b\r\nc"}}}"#, "HTTP does not allow"),
    ])
    func `errors say what to write`(text: String, fragment: String) throws {
        let failure = try #require(throws: ConfigurationFailure.self) { _ = try table(text) }
        #expect(failure.key == "TIERS_FILE")
        #expect(failure.description.contains(fragment), "\(failure.description)")
        #expect(!failure.description.contains("secret@"))
    }

    @Test func `a missing file is named`() throws {
        let failure = try #require(throws: ConfigurationFailure.self) {
            _ = try TierDefinition.load(path: "/no/such/tiers.json")
        }
        #expect(failure.description.contains("/no/such/tiers.json"))
    }

    @Test func `a wrong file is named`() throws {
        let file = TestCommand.temporaryFile("tiers.json")
        try Data("{}".utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let failure = try #require(throws: ConfigurationFailure.self) { _ = try TierDefinition.load(path: file.path) }
        #expect(failure.description.contains("names the file \(file.path): must be a JSON object"), "\(failure)")
    }

    @Test func `tiers change in place, all or none`() async throws {
        let file = TestCommand.temporaryFile("tiers.json")
        defer { try? FileManager.default.removeItem(at: file) }
        let old = #"{"A": {"provisioner": "exec", "command": ["/bin/true"]}}"#
        let definitions = try TierDefinition.parse(Array(old.utf8))
        let table = try table(old)
        let reload = TierReload(definitions, registry: registry, tiers: table, hasServers: false)
        func prepare(_ text: String) async throws -> Bool {
            try Data(text.utf8).write(to: file)
            let reader = try EnvironmentReader.make(
                folder: "/nonexistent", environment: ["TIERS_FILE": file.path])
            let changed = ConfigurationReloader([reload.setting], source: { reader }, logger: testLogger)
            return await changed.reload()
        }
        #expect(try await prepare(#"{"B": {"provisioner": "exec", "command": ["/bin/true"]}}"#))
        #expect(table.tiers == ["B"] && table["a"] == nil)
        for wrong in [
            "{", "{}", #"{"C": {"provisioner": "unknown"}}"#, #"{"C": {"provisioner": "postgres-schema"}}"#,
            #"{"C": {"provisioner": "exec", "command": ["/bin/true"]}, "D": {"provisioner": "exec"}}"#,
        ] {
            #expect(try await !prepare(wrong))
            #expect(table.tiers == ["B"], "\(wrong)")
        }
    }

    private var registry: ProvisionerRegistry {
        ProvisionerRegistry(
            tenancy: { () throws(ConfigurationFailure) in throw ConfigurationFailure(key: "unused", reason: "") },
            client: JSONPoster(allowsInternalAddresses: true), logger: testLogger)
    }

    private func table(_ text: String) throws -> TierTable {
        try registry.table(try TierDefinition.parse(Array(text.utf8)))
    }
}
