import NIOCore
import NIOEmbedded
import Testing

@testable import ServiceKit

@Suite("Read deadlines")
struct ReadDeadlinesTests {
    private struct Broken: Error {}

    @Test func aBodyThatDoesNotComeEndsTheConnection() async throws {
        let deadlines = ReadDeadlines(timeout: .milliseconds(1))
        let sweeping = Task { try await deadlines.run() }
        defer { sweeping.cancel() }
        let channel = NIOAsyncTestingChannel()
        let failure = await #expect(throws: HTTPFailure.self) {
            try await deadlines.read(channel) {
                try await channel.closeFuture.get()
                throw Broken()
            }
        }
        #expect(failure?.code == "TIMEOUT")
    }

    @Test func whatComesInTimeIsReadAndOtherErrorsStayWhatTheyAre() async throws {
        let deadlines = ReadDeadlines(timeout: .seconds(600))
        let channel = NIOAsyncTestingChannel()
        #expect(try await deadlines.read(channel) { 7 } == 7)
        await #expect(throws: Broken.self) { try await deadlines.read(channel) { throw Broken() } }
    }
}
