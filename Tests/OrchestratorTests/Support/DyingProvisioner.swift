import PostgresTestSupport
import Synchronization

@testable import Orchestrator

/// A provisioner whose process dies at chosen points of a step: before its work, in the middle of it, and after it. A dead process
/// does nothing any more and records nothing; its statements may have been executed or not.
final class DyingProvisioner: Provisioner {
    enum Point: String, CaseIterable, Sendable {
        case before
        case during
        case after
    }

    private struct Step: ProvisioningStep {
        let inner: any ProvisioningStep
        let owner: DyingProvisioner

        var name: String { inner.name }
        var needs: [String] { inner.needs }
        var timeout: Duration { inner.timeout }

        func perform(_ context: StepContext) async throws(ProvisioningFailure) -> StepOutput {
            switch owner.nextDeath(at: name) {
            case .before?: break
            case .during?:
                let inner = self.inner
                let work = Task { try? await inner.perform(context) }
                // At some point of its work.
                try? await Task.sleep(for: .microseconds(Int.random(in: 0...3000)))
                work.cancel()
                _ = await work.value
            case .after?: _ = try await inner.perform(context)
            case nil: return try await inner.perform(context)
            }
            return try await owner.die()
        }

        func compensate(_ context: StepContext) async throws(ProvisioningFailure) {
            try await inner.compensate(context)
        }
    }

    private let inner: any Provisioner
    /// Where each step still dies.
    private let deaths: Mutex<[String: [Point]]>
    /// Notifies whoever watches the process that it is dead.
    private let died = Mutex<AsyncStream<Void>.Continuation?>(nil)

    /// - Parameter steps: The names of those that die, each at every point.
    init(_ inner: any Provisioner, at steps: [String]) {
        self.inner = inner
        deaths = Mutex(Dictionary(steps.map { ($0, Point.allCases) }) { $1 })
    }

    /// How many deaths are left.
    var remaining: Int { deaths.withLock { $0.values.reduce(0) { $0 + $1.count } } }

    func plan(_ kind: WorkflowKind) throws(ProvisioningFailure) -> WorkflowPlan {
        try WorkflowPlan(kind, try inner.plan(kind).steps.map { Step(inner: $0, owner: self) })
    }

    private func nextDeath(at step: String) -> Point? {
        deaths.withLock { deaths in
            guard let points = deaths[step], let next = points.first else { return nil }
            deaths[step] = Array(points.dropFirst())
            return next
        }
    }

    private func die() async throws(ProvisioningFailure) -> StepOutput {
        died.withLock { $0 }?.yield()
        try? await Task.sleep(for: .seconds(3600))
        throw .transient("the process is dead")
    }

    /// Works on a run until it ends or its process dies.
    /// - Returns: What is to be recorded; nil of a process that died.
    func advance(_ run: ProvisioningRun, _ processor: ProvisioningRunProcessor) async -> RunTransition? {
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        died.withLock { $0 = continuation }
        let task = Task { await processor.advance(run) }
        return await withTaskGroup(of: RunTransition?.self) { group in
            group.addTask { await task.value }
            group.addTask {
                for await _ in stream { break }
                return nil
            }
            let first = await group.next() ?? nil
            // What a canceled run would have recorded is dropped.
            task.cancel()
            group.cancelAll()
            return first
        }
    }
}
