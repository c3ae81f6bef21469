import Primitives

/// One attempt at a step, bounded in time, and interrupted when an operator decides otherwise.
enum StepAttempt {
    /// How an attempt ended.
    enum End<Value: Sendable>: Sendable {
        case succeeded(Value)
        case failed(ProvisioningFailure)
        /// It was canceled because this process stops or an operator has decided something: it does not count.
        case interrupted
    }

    private enum Event<Value: Sendable>: Sendable {
        case ended(Result<Value, ProvisioningFailure>)
        case timedOut
        case commanded
        case watchEnded
    }

    /// Runs the work to its end. It always waits for the end, also of work that was canceled: two attempts never overlap.
    /// - Parameters:
    ///   - timeout: The work is canceled after this time, and the attempt has failed.
    ///   - watch: Returns true as soon as an operator has decided something that cannot wait; false if it gives up looking.
    static func run<Value: Sendable>(
        timeout: Duration, watch: @escaping @Sendable () async -> Bool,
        _ work: @escaping @Sendable () async -> Result<Value, ProvisioningFailure>
    ) async -> End<Value> {
        await withTaskGroup(of: Event<Value>.self) { group in
            group.addTask { .ended(await work()) }
            group.addTask {
                do { try await Task.sleep(for: timeout) } catch { return .watchEnded }
                return .timedOut
            }
            group.addTask { await watch() ? .commanded : .watchEnded }
            var isTimedOut = false
            var isCommanded = false
            while let event = await group.next() {
                switch event {
                case .watchEnded: continue
                case .timedOut:
                    isTimedOut = true
                    group.cancelAll()
                case .commanded:
                    isCommanded = true
                    group.cancelAll()
                case .ended(.success(let value)):
                    group.cancelAll()
                    return .succeeded(value)
                case .ended(.failure(let failure)):
                    group.cancelAll()
                    if Task.isCancelled || isCommanded { return .interrupted }
                    if isTimedOut {
                        return .failed(.transient("the step was ended after \(timeout.components.seconds) s"))
                    }
                    return .failed(failure)
                }
            }
            return .interrupted
        }
    }
}
