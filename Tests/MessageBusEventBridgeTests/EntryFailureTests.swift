import AWS
import JSONCoding
import MessageBus
import MessageBusSQS
import MessageBusTestSupport
import Primitives
import StackTestSupport
import TestSupport
import Testing

@testable import MessageBusEventBridge

/// Entries that EventBridge does not take.
@Suite(.timeLimit(.minutes(20))) struct EntryFailureTests {
    /// Publishes to a server that answers with error codes; nil for an entry that it takes.
    private func publish(
        _ events: [EventEnvelope],
        codes: @escaping @Sendable (_ types: [String], _ number: Int) -> [String?]
    ) async throws -> (outcome: Result<[PublishOutcome], MessageBusError>, requests: [[String]]) {
        try await ScriptedServer.run { request, number in
            let entries = (try? JSONValue.parse(Array(request.body.utf8)))?["Entries"]?.arrayValue ?? []
            let answers = codes(entries.compactMap { $0["DetailType"]?.stringValue }, number).map { code -> JSONValue in
                code.map { ["ErrorCode": .string($0), "ErrorMessage": "hidden"] } ?? ["EventId": "e"]
            }
            let body: JSONValue = ["FailedEntryCount": 1, "Entries": .array(answers)]
            return .init(200, String(decoding: body.serialized(), as: UTF8.self))
        } _: { server, url in
            let port = try #require(url.split(separator: ":").last.flatMap { Int($0) })
            let session = try AWSConnections.session(port: port)
            let connector = EventBridgeConnector(
                session: session, configuration: EventBridgeConfiguration(), queues: SQSConfiguration(),
                logger: testLogger)
            let result: Result<[PublishOutcome], MessageBusError>
            do throws(MessageBusError) { result = .success(try await connector.publish(events)) } catch {
                result = .failure(error)
            }
            await session.shutdown()
            let requests = server.requests.map { request in
                let entries = (try? JSONValue.parse(Array(request.body.utf8)))?["Entries"]?.arrayValue ?? []
                return entries.compactMap { $0["DetailType"]?.stringValue }
            }
            return (result, requests)
        }
    }

    private func events(_ types: String...) throws -> [EventEnvelope] {
        try types.enumerated().map { try numbered($0, of: nil, type: $1) }
    }

    @Test func `entries that failed are tried again one by one`() async throws {
        let (outcome, requests) = try await publish(events("A", "B", "C")) { types, number in
            types.map { number == 0 && $0 != "A" ? "ThrottlingException" : nil }
        }
        #expect(try outcome.get() == [.published, .published, .published])
        #expect(requests == [["A", "B", "C"], ["B"], ["C"]])
    }

    @Test func `an entry at fault is rejected, without a repetition`() async throws {
        let (outcome, requests) = try await publish(events("A", "B")) { types, _ in
            types.map { $0 == "A" ? "MalformedDetail" : nil }
        }
        #expect(try outcome.get() == [.rejected(reason: "EventBridge: MalformedDetail"), .published])
        #expect(requests.count == 1)
    }

    @Test func `an entry that keeps failing by the fault of the service is no attempt`() async throws {
        let (outcome, requests) = try await publish(events("A", "B")) { types, _ in
            types.map { $0 == "A" ? "InternalFailure" : nil }
        }
        #expect(try outcome.get() == [.held, .published])
        #expect(requests.count == 4)
        let (other, _) = try await publish(events("A")) { types, _ in types.map { _ in "AccessDeniedException" } }
        let error = try #require(throws: MessageBusError.self) { try other.get() }
        #expect(error.isDependencyUnavailable && !error.description.contains("hidden"))
    }

    @Test func `an answer that says nothing about an entry does not count as success`() async throws {
        let (outcome, _) = try await publish(events("A", "B")) { types, number in
            number == 0 ? [nil] : types.map { _ in nil }
        }
        #expect(try outcome.get() == [.published, .published])
    }
}
