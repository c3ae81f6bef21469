import Primitives
import ServiceKit
import Synchronization

/// Looks up API keys that are not known in memory, in one query at a time for all requests that wait.
///
/// However many wrong keys arrive, they occupy one connection to the database, and requests with known keys do not wait
/// behind them. The same key is asked for once, however many requests wait for it, unless keys have changed meanwhile: a query
/// that began before a change must not answer a request that came after it.
final class APIKeyLookups: Sendable {
    typealias Lookup = @Sendable (_ hashes: [[UInt8]]) async throws -> [KnownAPIKey]

    /// Keys of one query.
    static let batchSize = 200
    /// Keys that wait at most; further ones are refused with 503.
    static let capacity = 5000

    private typealias Waiter = CheckedContinuation<KnownAPIKey?, any Error>

    /// What requests wait for together.
    private struct Question: Hashable {
        /// Of one text, under the current secret first.
        let hashes: [[UInt8]]
        /// Of ``APIKeyMemory``, when the request came.
        let generation: Int
    }

    private struct State {
        /// They stay until their query has ended.
        var waiters: [Question: [Waiter]] = [:]
        var queue: [Question] = []
        var isRunning = false
    }

    private let lookup: Lookup
    private let state = Mutex(State())

    init(lookup: @escaping Lookup) {
        self.lookup = lookup
    }

    /// Number of requests that wait.
    var waiting: Int { state.withLock { $0.waiters.values.reduce(0) { $0 + $1.count } } }

    /// The key with one of these hashes of the same text; nil if there is none.
    /// - Parameter generation: Of ``APIKeyMemory``, before this is called.
    /// - Throws: The error of the lookup; 503 when too many wait.
    func find(_ hashes: [[UInt8]], generation: Int) async throws -> KnownAPIKey? {
        let question = Question(hashes: hashes, generation: generation)
        return try await withCheckedThrowingContinuation { waiter in
            enum Step { case refuse, wait, start }
            let step: Step = state.withLock { state in
                if state.waiters[question] == nil {
                    guard state.waiters.count < Self.capacity else { return .refuse }
                    state.queue.append(question)
                }
                state.waiters[question, default: []].append(waiter)
                if state.isRunning { return .wait }
                state.isRunning = true
                return .start
            }
            switch step {
            case .refuse: waiter.resume(throwing: CredentialError.tooManyLookups)
            case .wait: break
            // Not a part of the request: it goes on for the others when the client of the first one disconnects.
            case .start: Task { await self.run() }
            }
        }
    }

    private func run() async {
        while let batch = next() {
            do {
                let keys = try await lookup(batch.flatMap(\.hashes))
                for question in batch {
                    let key = keys.first { $0.end(ofSecret: question.hashes) != nil }
                    for waiter in waiters(of: question) { waiter.resume(returning: key) }
                }
            } catch {
                for question in batch {
                    for waiter in waiters(of: question) { waiter.resume(throwing: error) }
                }
            }
        }
    }

    private func next() -> [Question]? {
        state.withLock { state in
            guard !state.queue.isEmpty else {
                state.isRunning = false
                return nil
            }
            let batch = Array(state.queue.prefix(Self.batchSize))
            state.queue.removeFirst(batch.count)
            return batch
        }
    }

    private func waiters(of question: Question) -> [Waiter] {
        state.withLock { $0.waiters.removeValue(forKey: question) ?? [] }
    }
}
