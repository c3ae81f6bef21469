import Logging
import Synchronization

/// How a worker handles items, and records what came of them.
extension LeasedWorker {
    /// Handles the items of a lane one after the other; their outcomes are recorded meanwhile.
    func handle(_ run: [Item], isAdmitted: Bool) async {
        await withDiscardingTaskGroup { records in
            var goesOn = isAdmitted
            for (index, item) in run.enumerated() {
                let settlement: Settlement<Store.Output>
                if goesOn, index > 0 { goesOn = mayContinue(with: item) }
                if goesOn {
                    settlement = await handle(item)
                    switch settlement {
                    case .done, .deadLetter: break
                    case .retry, .released: goesOn = false
                    }
                } else {
                    // Soon enough for a place that becomes free, and no busy loop with a store that ignores bulkheads.
                    settlement = .released(after: isAdmitted ? .zero : .milliseconds(100))
                }
                records.addTask { await self.record(item, settlement) }
            }
        }
    }

    /// Whether a later item of a run may be handled: those before it may have taken longer than a shutdown or a lease
    /// allows.
    private func mayContinue(with item: Item) -> Bool {
        !lifetime.isStopping && state.withLock { $0.work.isHeld(item.handle, at: .now) }
    }

    private func handle(_ item: Item) async -> Settlement<Store.Output> {
        let task = Task { await self.attempt(item, self.middleware[...]) }
        state.withLock { $0.work.attach({ task.cancel() }, to: item.handle) }
        return await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            if state.withLock({ $0.work.withdraw(item.handle) }) { return task.cancel() }
            let patience = configuration.settlementTimeout
            Task {
                try? await Task.sleep(for: patience, clock: .continuous)
                task.cancel()
            }
        }
    }

    private func record(_ item: Item, _ settlement: Settlement<Store.Output>) async {
        switch await recorder.record(item, settlement) {
        case true?: break
        case false?: logger.warning("work was handled beyond its lease", metadata: item.description.logMetadata())
        case nil:
            logger.error(
                "the outcome could not be recorded; work stays claimed until its lease ends",
                metadata: item.description.logMetadata())
        }
    }

    private func attempt(
        _ item: Item, _ middleware: ArraySlice<any WorkMiddleware>
    ) async -> Settlement<Store.Output> {
        guard let first = middleware.first else { return await outcome(of: item) }
        return await first.handle(item.description) { await self.attempt(item, middleware.dropFirst()) }
    }

    private func outcome(of item: Item) async -> Settlement<Store.Output> {
        do {
            let lease = Lease { self.state.withLock { $0.work.commit(item.handle, at: .now) } }
            let settlement = try await handler(item, lease)
            if case .done = settlement { handlerSucceeded() }
            return settlement
        } catch {
            // What was interrupted, or was not allowed to begin, has not failed.
            if Task.isCancelled || state.withLock({ $0.work.isCommitted(item.handle) }) == false {
                return .released(after: .zero)
            }
            if let failure = error as? any PermanentFailure {
                return .deadLetter(reason: FailureReason.stored(failure.reason))
            }
            if error.isDependencyUnavailable {
                handlerOutage.failed(error, metadata: item.description.logMetadata())
                let outages = state.withLock { state in
                    state.outages += 1
                    return state.outages
                }
                return .released(after: configuration.unavailability.delay(afterFailures: outages))
            }
            let reason = FailureReason.stored(FailureReason.describing(error))
            let failures = item.failures + 1
            if failures >= configuration.maximumAttempts { return .deadLetter(reason: reason) }
            return .retry(after: configuration.backOff.delay(afterFailures: failures), reason: reason)
        }
    }

    private func handlerSucceeded() {
        let wasAway = state.withLock { state in
            defer { state.outages = 0 }
            return state.outages > 0
        }
        guard wasAway else { return }
        handlerOutage.succeeded()
        lifetime.signals.reconnected.signal()
    }
}
