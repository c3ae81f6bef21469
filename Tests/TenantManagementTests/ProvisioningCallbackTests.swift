import Entities
import JSONCoding
import ServiceKit
import Testing

@testable import TenantManagement

@Suite
struct ProvisioningCallbackTests {
    private func callback(_ text: String) throws -> ProvisioningCallback {
        try ProvisioningCallback(try #require(try JSONValue.parse(text).objectValue))
    }

    @Test func `all resources are read with their names`() throws {
        let callback = try callback(
            #"{"status":1,"appPlaneUrl":"https://t","resources":[{"type":"bucket","metadata":{"bucket":"b","path":"p"}},{"type":"postgres-schema","metadata":{"schema":"s"},"externalIdentifier":"db/s"},{"type":"queue","metadata":{}}]}"#
        )
        #expect(callback.result == .success)
        #expect(callback.resources.map(\.externalIdentifier) == ["b", "db/s", "queue-2"])
        #expect(callback.resources.map(\.type) == ["bucket", "postgres-schema", "queue"])
        #expect(callback.appPlaneURL == "https://t")
    }

    @Test func `resources may be missing`() throws {
        #expect(try callback(#"{"status":1}"#).resources.isEmpty)
        #expect(try callback(#"{"status":0}"#).result == .failure)
    }

    /// As the original takes them (docs/contract/arc-api.md 9.5).
    @Test func `omitted members have defaults`() throws {
        #expect(try callback("{}").result == .failure)
        #expect(try callback(#"{"status":7}"#).result == .failure)
        let unnamed = try callback(#"{"status":1,"resources":[{"metadata":{"bucket":"b"}}]}"#).resources
        #expect(unnamed.map(\.type) == ["bucket"] && unnamed.map(\.externalIdentifier) == ["b"])
    }

    @Test(arguments: [
        (#"{"status":"1"}"#, "/data/status"), (#"{"status":1,"resources":{}}"#, "/data/resources"),
        (
            #"{"status":1,"resources":[{"type":"x","metadata":{}},{"type":"y","metadata":7}]}"#,
            "/data/resources/1/metadata"
        ),
    ])
    func `invalid members are named`(_ text: String, _ path: String) throws {
        let failure = #expect(throws: ValidationFailure.self) { try callback(text) }
        #expect(failure?.details.first?.path == path)
    }
}
