import Synchronization

/// How a worker claims work, and gives each run of items of a lane to a handler.
extension LeasedWorker {
    func prepared() async -> Bool {
        var failures = 0
        while !lifetime.isStopping {
            do {
                try await store.prepare()
                storeOutage.succeeded()
                return true
            } catch {
                failures += 1
                storeOutage.failed(error)
                await lifetime.rest(configuration.storeUnavailability.delay(afterFailures: failures))
            }
        }
        return false
    }

    func claimUntilStopped(_ handlers: inout DiscardingTaskGroup) async {
        var failures = 0
        var isBusy = false
        var idle = IdlePause()
        while await waitForPlace(isBusy: isBusy) {
            let request = nextRequest()
            let leaseEnd = ContinuousClock.now.advanced(by: configuration.lease)
            do {
                let items = try await store.claim(request)
                if failures > 0 { storeOutage.succeeded() }
                failures = 0
                let runs = Self.runs(of: items)
                isBusy = runs.count >= request.limit
                for run in runs { start(run, leaseEnd: leaseEnd, in: &handlers) }
                if items.isEmpty {
                    let due = try await store.timeUntilDue()
                    await lifetime.signals.work.wait(
                        atMost: idle.next(timeUntilDue: due, pollInterval: configuration.pollInterval))
                } else {
                    idle.worked()
                    // A single place is full with every claim, which says nothing about how much there is to do.
                    if configuration.linger > .zero, !isBusy || configuration.concurrency == 1 {
                        await lifetime.rest(configuration.linger)
                    }
                }
            } catch {
                if lifetime.isStopping { return }
                failures += 1
                storeOutage.failed(error)
                await lifetime.rest(configuration.storeUnavailability.delay(afterFailures: failures))
            }
        }
    }

    /// Waits until a handler has a place and there is no reason to hold back.
    /// - Returns: False when the worker is to stop.
    private func waitForPlace(isBusy: Bool) async -> Bool {
        while !lifetime.isStopping {
            // Outcomes first: work that is claimed anew could be work that was done.
            if recorder.isFailing {
                await lifetime.rest(configuration.storeUnavailability.maximum)
                continue
            }
            let (free, outages) = state.withLock { (configuration.concurrency - $0.handlers, $0.outages) }
            if free <= 0 {
                await lifetime.signals.work.wait(atMost: configuration.pollInterval)
                continue
            }
            if outages > 0 {
                await lifetime.rest(configuration.unavailability.delay(afterFailures: outages))
            } else if isBusy, free * 2 < configuration.concurrency {
                // Under load a moment's patience saves a query for each single place that becomes free.
                try? await Task.sleep(for: .milliseconds(5))
            }
            return !lifetime.isStopping
        }
        return false
    }

    /// What there is place for; a single item while a dependency is away.
    private func nextRequest() -> ClaimRequest {
        let (free, isProbing, full) = state.withLock { state in
            (
                configuration.concurrency - state.handlers, state.outages > 0,
                state.work.fullBulkheads(size: configuration.bulkheadSize)
            )
        }
        return ClaimRequest(
            limit: isProbing ? 1 : max(free, 1), runLength: isProbing ? 1 : configuration.runLength,
            lease: configuration.lease, fullBulkheads: full)
    }

    /// The items by lane, in order.
    private static func runs(of items: [Item]) -> [[Item]] {
        var runs: [[Item]] = []
        for item in items {
            if let lane = item.lane, runs.last?.first?.lane == lane {
                runs[runs.count - 1].append(item)
            } else {
                runs.append([item])
            }
        }
        return runs
    }

    private func start(
        _ run: [Item], leaseEnd: ContinuousClock.Instant, in handlers: inout DiscardingTaskGroup
    ) {
        let isAdmitted = state.withLock { state in
            state.handlers += 1
            return run.map {
                state.work.start($0, leaseEnd: leaseEnd, bulkheadSize: configuration.bulkheadSize)
            }.allSatisfy(\.self)
        }
        handlers.addTask {
            await self.handle(run, isAdmitted: isAdmitted)
            self.state.withLock { state in
                state.handlers -= 1
                for item in run { state.work.end(item.handle) }
            }
            self.lifetime.signals.work.signal()
        }
    }
}
