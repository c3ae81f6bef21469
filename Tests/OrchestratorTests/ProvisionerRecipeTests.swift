import Foundation
import JSONCoding
import PostgresTestSupport
import Primitives
import Testing

@testable import Orchestrator

/// The scripts of deploy/provisioners, with programs in place of terraform, tofu and kubectl that record how they are called.
@Suite struct ProvisionerRecipeTests {
    /// A folder with programs that record their arguments and their input, each in one file.
    private struct StandIns {
        let folder: URL

        /// - Parameter programs: Name and the rest of the script.
        init(_ programs: [String: String]) async throws {
            folder = TestCommand.temporaryFile("stand-ins")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            for (name, script) in programs {
                let file = folder.appendingPathComponent(name)
                let text = """
                    #!/bin/sh
                    echo "$*" >> "\(folder.path)/\(name).calls"
                    case "$*" in *"apply -f -"*) cat >> "\(folder.path)/\(name).input" ;; esac
                    \(script)
                    """
                try await TestCommand.install(text, at: file.path)
            }
        }

        func lines(_ file: String) -> [String] {
            let text = (try? String(contentsOf: folder.appendingPathComponent(file), encoding: .utf8)) ?? ""
            return text.split(separator: "\n").map(String.init)
        }

        func remove() { try? FileManager.default.removeItem(at: folder) }
    }

    private static let recipes = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("deploy/provisioners")

    private func provisioner(
        _ recipe: String, _ standIns: StandIns, _ environment: [String: String]
    ) -> ExecProvisioner {
        let script = { (name: String) in [Self.recipes.appendingPathComponent("\(recipe)/\(name).sh").path] }
        return ExecProvisioner(
            arguments: script("provision"),
            environment: environment.merging(["PATH": "\(standIns.folder.path):/usr/bin:/bin"]) { $1 },
            workingDirectory: nil, timeLimit: .seconds(60), logger: testLogger,
            deprovisionArguments: script("deprovision"), compensateArguments: script("deprovision"))
    }

    private func event(_ kind: WorkflowKind, _ test: TestEvent) throws -> ProvisioningEvent {
        try ProvisioningEvent(
            kind: kind, json: try test.json.serialized(), eventID: test.id, tenantID: test.tenant, trace: nil,
            secrets: test.secrets)
    }

    private static let terraform = """
        case "$*" in *"output -raw arc_result"*) printf '{"resources": [{"type": "vpc", "externalIdentifier": "vpc-1", "metadata": {}}]}' ;; *) echo "some progress" ;; esac
        """

    @Test(arguments: ["terraform", "tofu"])
    func `the module is applied in the tenant's own workspace`(program: String) async throws {
        let standIns = try await StandIns([program: Self.terraform])
        defer { standIns.remove() }
        let module = Self.recipes.appendingPathComponent("terraform/module").path
        let exec = provisioner(
            "terraform", standIns,
            [
                "ARC_TERRAFORM_MODULE": module,
                "ARC_TERRAFORM_DATA": standIns.folder.appendingPathComponent("data").path,
                "ARC_TERRAFORM_BACKEND": "/etc/backend.hcl",
            ])
        let test = TestEvent(key: "acme")
        let output = try await exec.plan(.provision).performAll(try event(.provision, test))
        #expect(output.resources.map(\.externalIdentifier) == ["vpc-1"])
        let tenant = "-var tenant_id=\(test.tenant) -var tenant_key=acme -var tier=BASIC"
        #expect(
            standIns.lines("\(program).calls") == [
                "-chdir=\(module) init -input=false -backend-config=/etc/backend.hcl",
                "-chdir=\(module) workspace select -or-create=true tenant-acme",
                "-chdir=\(module) apply -input=false -auto-approve -lock-timeout=120s \(tenant)",
                "-chdir=\(module) output -raw arc_result",
            ])
        _ = try await exec.plan(.deprovision).performAll(try event(.deprovision, test))
        #expect(
            standIns.lines("\(program).calls").suffix(3) == [
                "-chdir=\(module) destroy -input=false -auto-approve -lock-timeout=120s \(tenant)",
                "-chdir=\(module) workspace select default", "-chdir=\(module) workspace delete tenant-acme",
            ])
        #expect(!standIns.lines("\(program).calls").joined().contains(test.secret))
    }

    @Test func `a backend that is away is no attempt`() async throws {
        let standIns = try await StandIns(["tofu": "exit 1"])
        defer { standIns.remove() }
        let exec = provisioner(
            "terraform", standIns,
            ["ARC_TERRAFORM_MODULE": "/", "ARC_TERRAFORM_DATA": standIns.folder.appendingPathComponent("data").path])
        let failure = try await #require(throws: ProvisioningFailure.self) {
            _ = try await exec.plan(.provision).performAll(try self.event(.provision, TestEvent(key: "acme")))
        }
        #expect(failure.kind == .unavailable)
    }

    @Test func `a namespace is made with quota and policy, and removed`() async throws {
        let standIns = try await StandIns(["kubectl": ""])
        defer { standIns.remove() }
        let exec = provisioner("kubernetes", standIns, ["ARC_KUBERNETES_DOMAIN": "apps.example.com"])
        let test = TestEvent(key: "acme")
        let output = try await exec.plan(.provision).performAll(try event(.provision, test))
        #expect(output.resources.map(\.externalIdentifier) == ["tenant-acme"])
        #expect(output.appPlaneURL == "https://acme.apps.example.com")
        let manifest = standIns.lines("kubectl.input")
        for kind in ["Namespace", "ResourceQuota", "LimitRange", "ServiceAccount", "NetworkPolicy"] {
            #expect(manifest.contains("kind: \(kind)"))
        }
        #expect(manifest.contains(#"    arc/tenant-id: "\#(test.tenant)""#))
        let removed = try await exec.plan(.deprovision).performAll(try event(.deprovision, test))
        #expect(removed.resources.map(\.externalIdentifier) == ["tenant-acme"])
        #expect(
            standIns.lines("kubectl.calls").last?.contains("delete namespace tenant-acme --ignore-not-found") == true)
    }

    @Test func `a namespace of somebody else is not touched, and a cluster that is away is no attempt`() async throws {
        let foreign = try await StandIns([
            "kubectl": #"case "$*" in *"get namespace"*) printf 'tenant-acme other' ;; esac"#
        ])
        defer { foreign.remove() }
        let exec = provisioner("kubernetes", foreign, [:])
        let failure = try await #require(throws: ProvisioningFailure.self) {
            _ = try await exec.plan(.provision).performAll(try self.event(.provision, TestEvent(key: "acme")))
        }
        #expect(failure.kind == .transient)
        #expect(!foreign.lines("kubectl.calls").contains { $0.contains("apply") })
        let away = try await StandIns(["kubectl": "exit 1"])
        defer { away.remove() }
        let waiting = provisioner("kubernetes", away, [:])
        let outage = try await #require(throws: ProvisioningFailure.self) {
            _ = try await waiting.plan(.provision).performAll(try self.event(.provision, TestEvent(key: "acme")))
        }
        #expect(outage.kind == .unavailable)
    }
}
