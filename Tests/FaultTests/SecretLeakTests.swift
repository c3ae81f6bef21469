import Foundation
import JSONCoding
import PostgresTestSupport
import Primitives
import RedisTestSupport
import StackTestSupport
import Testing

/// A whole run of services in production with secrets that are nowhere else: afterwards, all that they have left is searched.
@Suite(.timeLimit(.minutes(20))) struct SecretLeakTests {
    @Test func `the search finds every form of a secret`() {
        let forms = SecretForms("x", "k%+/=?a random secret")
        let bytes = Array("k%+/=?a random secret".utf8)
        for text in [
            "{\"password\":\"k%+/=?a random secret\"}", "dump \\\\x\(Hex.encode(bytes))",
            "https://x/?p=k%25%2B%2F%3D%3Fa%20random%20secret", Data(Array("user:".utf8) + bytes).base64EncodedString(),
            Data(Array("me:".utf8) + bytes + Array(" and more".utf8)).base64EncodedString(),
            Data(Array("four".utf8) + bytes).base64EncodedString(),
        ] {
            #expect(forms.isIn(text), "\(text)")
        }
        #expect(!forms.isIn("k%+/=?a random secre"))
    }

    @Test(arguments: ["postgres", "bullmq"])
    func `no secret of a run is in logs, errors, events, traces, Redis or databases`(connector: String) async throws {
        try await WebhookReceiver.run { receiver, url in
            try await LeakRun.run(connector: connector, receiver: url) { run in
                try await run.work()
                try await run.fail()
                try await eventually("spans have arrived") { !receiver.received(at: "/traces").isEmpty }
                try await eventually("webhooks have arrived") { !receiver.received(at: "/hook").isEmpty }
                try await run.services.stop()

                var places = try await run.leftovers()
                places["traces and webhooks"] = receiver.received.map { String(decoding: $0.body, as: UTF8.self) }
                    .joined(separator: "\n")
                #expect(places.count >= 9)
                for (place, text) in places {
                    #expect(text.utf8.count > 100, "\(place) is empty")
                    for secret in run.secrets {
                        #expect(!secret.isIn(text), "\(secret.name) is in \(place)")
                    }
                }
            }
        }
    }
}
