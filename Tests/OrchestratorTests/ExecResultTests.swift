import JSONCoding
import Testing

@testable import Orchestrator

@Suite struct ExecResultTests {
    private func read(_ text: String) throws -> ExecResult { try ExecResult(output: Array(text.utf8)) }

    @Test func `no output is a success without resources`() throws {
        #expect(try read("") == ExecResult())
        #expect(try read(" \n") == ExecResult())
        #expect(try read("{}") == ExecResult())
    }

    @Test func `output that is not JSON is ignored`() throws {
        let result = try read("done\n")
        #expect(result.resources.isEmpty)
        #expect(result.ignoredOutput)
    }

    @Test func `resources and the address are read`() throws {
        let result = try read(
            #"{"resources": [{"type": "vm", "metadata": {"ip": "10.0.0.1"}, "externalIdentifier": "i-1"}, {"type": "dns"}], "appPlaneUrl": "https://a.example.com"}"#
        )
        #expect(
            result.resources == [
                TenantResource(type: "vm", metadata: ["ip": "10.0.0.1"], externalIdentifier: "i-1"),
                TenantResource(type: "dns", metadata: [:], externalIdentifier: nil),
            ])
        #expect(result.appPlaneURL == "https://a.example.com")
        #expect(!result.ignoredOutput)
    }

    @Test(arguments: [
        "{", #"{"resources": {}}"#, #"{"resources": [1]}"#, #"{"resources": [{"type": ""}]}"#,
        #"{"resources": [{"type": "a", "metadata": 1}]}"#, #"{"resources": [{"type": "a", "externalIdentifier": ""}]}"#,
        #"{"appPlaneUrl": "example.com"}"#, #"{"appPlaneUrl": 1}"#, #"{"appPlaneUrl": "http://a\nb"}"#,
    ])
    func `anything else is a permanent failure`(text: String) throws {
        let failure = try #require(throws: ProvisioningFailure.self) { _ = try read(text) }
        #expect(failure.kind == .permanent)
    }
}
