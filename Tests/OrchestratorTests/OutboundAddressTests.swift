import Testing

@testable import Orchestrator

@Suite struct OutboundAddressTests {
    @Test func `a refused address gets no request`() async throws {
        try await Receiver.with { receiver, url in
            try await withClient(allowsInternalAddresses: false) { client in
                let outcome = await client.post(url + "/pipeline", headers: [:], body: [], timeout: .seconds(120))
                guard case .failed(let reason) = outcome else {
                    Issue.record("\(outcome)")
                    return
                }
                #expect(reason.contains("internal network"), "\(reason)")
            }
            #expect(receiver.requests.isEmpty)
        }
    }
}
