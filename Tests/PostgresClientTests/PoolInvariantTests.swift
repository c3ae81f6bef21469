import PostgresTestSupport
import Testing

@testable import PostgresClient

/// Random sequences of everything that can happen to a pool, with what must hold after each step.
@Suite struct PoolInvariantTests {
    @Test(arguments: UInt64(1)...60)
    func `nobody waits beside a connection that is free, and everybody is served in the end`(seed: UInt64) {
        var pool = RandomPool(seed: seed)
        for _ in 0..<400 {
            pool.step()
            pool.check()
        }
        pool.finish()
        #expect(pool.waiting.isEmpty && pool.leased.isEmpty && pool.opening == 0, "\(pool.waiting)")
    }
}

/// A pool, and beside it what its callers know: who has which connection, and who waits.
private struct RandomPool {
    typealias Resource = PoolStateTests.Resource

    private var random: SeededGenerator
    private var state: PoolStateTests.State
    private let maximum: Int
    private let maximumSearches: Int
    private var now: Int64 = 0
    private var nextWaiter = 0
    private var idle: [Resource] = []
    private(set) var leased: [(resource: Resource, lane: PoolLane)] = []
    private(set) var waiting: [Int: PoolLane] = [:]
    private(set) var opening = 0

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
        maximum = Int.random(in: 1...6, using: &random)
        maximumSearches = max(1, maximum / 2)
        // Nobody is refused for waiting too long, which would hide that nobody serves them.
        state = PoolStateTests.State(
            limits: .init(
                maximum: maximum, maximumWaiters: 8, maximumSearches: maximumSearches, connectionTimeout: .max / 4,
                idleTimeout: 3_000_000_000))
    }

    mutating func step() {
        now += Int64.random(in: 0...200_000_000, using: &random)
        switch Int.random(in: 0..<16, using: &random) {
        case 0..<5: request(Bool.random(using: &random) ? .regular : .search)
        case 5..<9: release(isReusable: Int.random(in: 0..<5, using: &random) > 0)
        case 9, 10: open()
        case 11: failToOpen()
        case 12: leave()
        case 13: lose()
        case 14: perform(state.tick(now: now))
        default:
            guard Int.random(in: 0..<4, using: &random) == 0, let resource = leased.last?.resource else { return }
            forget(state.retire(with: resource, now: now) ?? [])
        }
    }

    /// Ends everything that was started.
    mutating func finish() {
        for _ in 0..<200 {
            now += 1_000_000_000
            perform(state.tick(now: now))
            while opening > 0 { open() }
            while !leased.isEmpty { release(isReusable: true) }
            check()
        }
    }

    func check() {
        let searches = leased.count { $0.lane == .search }
        #expect(state.idleCount == idle.count && state.leased == leased.count && state.opening == opening)
        #expect(state.open + opening <= maximum)
        #expect(searches <= maximumSearches)
        #expect(state.waiting == waiting.count)
        guard !idle.isEmpty else { return }
        #expect(!waiting.values.contains(.regular), "waits beside an idle connection")
        #expect(waiting.isEmpty || searches == maximumSearches, "a search waits beside an idle connection")
    }

    // MARK: What can happen

    private mutating func request(_ lane: PoolLane) {
        if let (resource, _) = state.lease(lane) { return take(resource, lane) }
        nextWaiter += 1
        switch state.admit(nextWaiter, id: UInt64(nextWaiter), lane: lane, now: now) {
        case .grant(let resource, _): take(resource, lane)
        case .wait(let opens):
            waiting[nextWaiter] = lane
            opening += opens
        case .refuse(let error): #expect(error.kind == .poolExhausted && waiting.count >= 4)
        }
    }

    private mutating func take(_ resource: Resource, _ lane: PoolLane) {
        idle.removeAll { $0 === resource }
        leased.append((resource, lane))
    }

    private mutating func release(isReusable: Bool) {
        guard let index = leased.indices.randomElement(using: &random) else { return }
        let resource = leased.remove(at: index).resource
        perform(state.release(resource, isReusable: isReusable, now: now), on: resource)
    }

    private mutating func open() {
        guard opening > 0 else { return }
        opening -= 1
        let resource = Resource(openedAt: now, expiresAt: now + Int64.random(in: 0...20_000_000_000, using: &random))
        perform(state.opened(resource, now: now), on: resource)
    }

    private mutating func failToOpen() {
        guard opening > 0 else { return }
        opening -= 1
        perform(state.openFailed(PostgresError(.connection, "refused"), now: now))
    }

    /// A caller who waits is canceled.
    private mutating func leave() {
        guard let waiter = waiting.keys.sorted().randomElement(using: &random) else { return }
        let withdrawn = state.withdraw(UInt64(waiter))
        #expect(withdrawn == waiter)
        waiting[waiter] = nil
    }

    /// An idle connection closes.
    private mutating func lose() {
        guard let resource = idle.randomElement(using: &random) else { return }
        let isRemoved = state.removeIdle(resource)
        #expect(isRemoved)
        forget([resource])
    }

    // MARK: What the pool answers

    private mutating func perform(_ action: PoolStateTests.State.ReturnAction, on resource: Resource) {
        opening += action.opens
        if let grant = action.grant {
            guard let lane = waiting.removeValue(forKey: grant.waiter) else {
                Issue.record("served twice")
                return
            }
            take(grant.resource, lane)
        }
        if !action.closes, action.grant == nil { idle.append(resource) }
    }

    private mutating func perform(_ actions: PoolStateTests.State.TickActions) {
        #expect(actions.refuse.isEmpty)
        forget(actions.close)
        opening += actions.opens
    }

    private mutating func forget(_ resources: [Resource]) {
        for resource in resources { idle.removeAll { $0 === resource } }
    }
}
