import Foundation
import PostgresTestSupport
import StackTestSupport
import Testing

/// The whole logs of a run in which people occur wherever they can: in rows, queries, paths, headers, errors and the answers of others.
@Suite(.timeLimit(.minutes(20))) struct PersonalDataLogTests {
    @Test func `no personal data of a run is in the logs`() async throws {
        try await WebhookReceiver.run { receiver, url in
            // A receiver may repeat what it got.
            receiver.answer { request in
                .status(500, text: "\(request.path) \(String(decoding: request.body, as: UTF8.self))")
            }
            try await PersonalRun.run(receiver: url) { run in
                try await run.work()
                try await run.services.stop()
                #expect(run.services.logs.count == 3)
                for (service, log) in run.services.logs {
                    #expect(log.contains("\"message\":\"request\"") && log.contains("\"level\":\"info\""), "\(service)")
                    for text in run.personal {
                        let lines = log.split(separator: "\n").filter { text.isIn(String($0)) }
                        #expect(lines.isEmpty, "\(text.name) is in the log of \(service): \(lines.first ?? "")")
                    }
                }
            }
        }
    }
}
