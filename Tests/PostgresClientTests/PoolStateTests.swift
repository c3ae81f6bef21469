import Testing

@testable import PostgresClient

@Suite struct PoolStateTests {
    final class Resource: PooledResource {
        let openedAt: Int64
        let expiresAt: Int64
        init(openedAt: Int64 = 0, expiresAt: Int64 = .max) {
            self.openedAt = openedAt
            self.expiresAt = expiresAt
        }
    }

    typealias State = PoolState<Resource, Int>

    static func make(maximum: Int = 2, maximumWaiters: Int = 3, maximumSearches: Int = 1) -> State {
        State(
            limits: .init(
                maximum: maximum, maximumWaiters: maximumWaiters, maximumSearches: maximumSearches,
                connectionTimeout: 1000, idleTimeout: 5000))
    }

    /// A state with that many idle connections, opened one by one at time 0; the last one returned is on top.
    static func make(idle resources: [Resource], maximum: Int = 2) -> State {
        var state = make(maximum: maximum, maximumWaiters: 10)
        for (index, resource) in resources.enumerated() {
            _ = state.admit(index, id: UInt64(index), now: 0)
            _ = state.opened(resource, now: 0)
        }
        for resource in resources { _ = state.release(resource, isReusable: true, now: 0) }
        return state
    }

    static func opens(_ action: State.LeaseAction) -> Int? {
        if case .wait(let opens) = action { return opens }
        return nil
    }

    static func refusal(_ action: State.LeaseAction) -> PostgresError.Kind? {
        if case .refuse(let error) = action { return error.kind }
        return nil
    }

    static func granted(_ action: State.LeaseAction) -> Resource? {
        if case .grant(let resource, _) = action { return resource }
        return nil
    }

    @Test func `the connection returned last is taken first`() {
        let first = Resource()
        let second = Resource()
        var state = Self.make(idle: [first, second])
        let taken = [state.lease(), state.lease(), state.lease()].map(\.?.0)
        #expect(taken[0] === second)
        #expect(taken[1] === first)
        #expect(taken[2] == nil)
        #expect(state.leased == 2)
    }

    @Test func `no more connections are opened than the maximum`() {
        var state = Self.make(maximum: 2)
        #expect(Self.opens(state.admit(1, id: 1, now: 0)) == 1)
        #expect(Self.opens(state.admit(2, id: 2, now: 0)) == 1)
        #expect(Self.opens(state.admit(3, id: 3, now: 0)) == 0)
        #expect(state.waiting == 3)
        #expect(state.opening == 2)
    }

    @Test func `waiters are served in their order`() {
        var state = Self.make(maximum: 1)
        let resource = Resource()
        for waiter in 1...3 { _ = state.admit(waiter, id: UInt64(waiter), now: 0) }
        #expect(state.opened(resource, now: 1).grant?.waiter == 1)
        #expect(state.release(resource, isReusable: true, now: 2).grant?.waiter == 2)
        #expect(state.release(resource, isReusable: true, now: 3).grant?.waiter == 3)
        #expect(state.release(resource, isReusable: true, now: 4).grant?.waiter == nil)
        #expect(state.idleCount == 1)
        #expect(state.leased == 0)
    }

    @Test func `more waiters than allowed are refused`() {
        var state = Self.make(maximum: 1, maximumWaiters: 2)
        _ = state.admit(1, id: 1, now: 0)
        _ = state.admit(2, id: 2, now: 0)
        #expect(Self.refusal(state.admit(3, id: 3, now: 0)) == .poolExhausted)
        #expect(state.waiting == 2)
    }

    @Test func `a caller who waited for the first connection in vain gets a connection error`() {
        var state = Self.make(maximum: 1)
        _ = state.admit(1, id: 1, now: 0)
        #expect(state.tick(now: 1000).refuse.first?.1.kind == .connection)
    }

    @Test func `waiters are refused at their deadline`() {
        var state = Self.make(idle: [Resource()], maximum: 1)
        _ = state.lease()
        _ = state.admit(1, id: 1, now: 0)
        _ = state.admit(2, id: 2, now: 500)
        #expect(state.tick(now: 999).refuse.isEmpty)
        let refused = state.tick(now: 1000).refuse
        #expect(refused.map(\.0) == [1])
        #expect(refused.first?.1.kind == .poolExhausted)
        #expect(refused.first?.1.isRetryable == true)
        #expect(state.tick(now: 1500).refuse.map(\.0) == [2])
        #expect(state.waiting == 0)
    }

    @Test func `a waiter that leaves is not served`() {
        var state = Self.make(maximum: 1)
        let resource = Resource()
        for waiter in 1...3 { _ = state.admit(waiter, id: UInt64(waiter), now: 0) }
        #expect(state.withdraw(2) == 2)
        #expect(state.withdraw(2) == nil)
        #expect(state.opened(resource, now: 1).grant?.waiter == 1)
        #expect(state.withdraw(1) == nil)
        #expect(state.release(resource, isReusable: true, now: 2).grant?.waiter == 3)
        #expect(state.waiting == 0)
    }

    @Test func `a broken connection is replaced for a waiter`() {
        var state = Self.make(maximum: 1)
        let resource = Resource()
        _ = state.admit(1, id: 1, now: 0)
        _ = state.opened(resource, now: 0)
        #expect(Self.opens(state.admit(2, id: 2, now: 0)) == 0)
        let action = state.release(resource, isReusable: false, now: 1)
        #expect(action.closes)
        #expect(action.opens == 1)
        #expect(state.open == 0)
    }

    @Test func `an idle connection that closed is forgotten`() {
        let resource = Resource()
        var state = Self.make(idle: [resource])
        let removals = [state.removeIdle(resource), state.removeIdle(resource)]
        #expect(removals == [true, false])
        #expect(state.open == 0)
        #expect(state.lease() == nil)
    }

    @Test func `idle connections are closed after the timeout`() {
        let first = Resource()
        let second = Resource()
        var state = Self.make(idle: [first, second])
        _ = state.lease()
        _ = state.release(second, isReusable: true, now: 3000)
        #expect(state.tick(now: 4999).close.isEmpty)
        let closed = state.tick(now: 5000).close
        #expect(closed.count == 1 && closed.first === first)
        #expect(state.idleCount == 1)
    }

    @Test func `connections are replaced at their age`() {
        let old = Resource(expiresAt: 100)
        var state = Self.make(idle: [old])
        _ = state.lease()
        #expect(state.release(old, isReusable: true, now: 100).closes)
        let other = Resource(expiresAt: 100)
        var idleState = Self.make(idle: [other])
        #expect(idleState.tick(now: 99).close.isEmpty)
        #expect(idleState.tick(now: 100).close.first === other)
    }

    @Test func `failures to connect are retried with back-off while somebody waits`() {
        let millisecond: Int64 = 1_000_000
        var state = State(
            limits: .init(
                maximum: 2, maximumWaiters: 3, maximumSearches: 1, connectionTimeout: 10_000 * millisecond,
                idleTimeout: .max))
        let error = PostgresError(.connection, "refused")
        #expect(Self.opens(state.admit(1, id: 1, now: 0)) == 1)
        #expect(state.openFailed(error, now: 0).refuse.isEmpty)
        #expect(state.tick(now: 49 * millisecond).opens == 0)
        #expect(state.tick(now: 50 * millisecond).opens == 1)
        // Only one probe at a time during an outage.
        #expect(Self.opens(state.admit(2, id: 2, now: 51 * millisecond)) == 0)
        _ = state.openFailed(error, now: 60 * millisecond)
        #expect(state.tick(now: 159 * millisecond).opens == 0)
        #expect(state.tick(now: 160 * millisecond).opens == 1)
        // The server is back: the waiter is served and the next one's connection is opened at once.
        let action = state.opened(Resource(), now: 200 * millisecond)
        #expect(action.grant?.waiter == 1)
        #expect(action.opens == 1)
    }

    @Test func `waiters get the reason of the outage`() {
        var state = Self.make()
        _ = state.admit(1, id: 1, now: 0)
        _ = state.openFailed(PostgresError(.connection, "refused"), now: 0)
        #expect(state.tick(now: 1000).refuse.first?.1.kind == .connection)
    }

    @Test func `during a long outage callers are refused at once`() {
        var state = Self.make()
        let error = PostgresError(.connection, "refused")
        _ = state.admit(1, id: 1, now: 0)
        _ = state.openFailed(error, now: 0)
        _ = state.tick(now: 1000)
        #expect(Self.refusal(state.admit(2, id: 2, now: 2000)) == .connection)
        // When the next attempt is due, one caller probes and the others are refused.
        #expect(Self.opens(state.admit(3, id: 3, now: 50_000_000)) == 1)
        #expect(Self.refusal(state.admit(4, id: 4, now: 50_000_001)) == .connection)
        #expect(state.openFailed(error, now: 50_000_002).refuse.map(\.0) == [3])
        _ = state.admit(5, id: 5, now: 150_000_002)
        #expect(state.opened(Resource(), now: 150_000_003).grant?.waiter == 5)
        #expect(Self.opens(state.admit(6, id: 6, now: 150_000_004)) == 1)
    }

    @Test func `a shutdown refuses and drains`() {
        let resource = Resource()
        let other = Resource()
        var state = Self.make(idle: [resource, other], maximum: 2)
        _ = state.lease()
        let actions = state.shutDown()
        #expect(actions.close.count == 1 && actions.close.first === resource)
        #expect(!state.isDrained)
        #expect(state.lease() == nil)
        #expect(Self.refusal(state.admit(9, id: 9, now: 0)) == .closed)
        #expect(state.release(other, isReusable: true, now: 0).closes)
        #expect(state.isDrained)
    }

    @Test func `a shutdown refuses those who wait`() {
        var state = Self.make(maximum: 1)
        _ = state.admit(1, id: 1, now: 0)
        _ = state.admit(2, id: 2, now: 0)
        #expect(state.shutDown().refuse.map(\.0) == [1, 2])
        #expect(!state.isDrained, "a connection is still being opened")
        #expect(state.opened(Resource(), now: 1).closes)
        #expect(state.isDrained)
    }

    @Test func `a long queue keeps its order`() {
        var state = Self.make(maximum: 1, maximumWaiters: 1000)
        let resource = Resource()
        for waiter in 0..<500 { _ = state.admit(waiter, id: UInt64(waiter), now: 0) }
        for waiter in stride(from: 0, to: 500, by: 3) { #expect(state.withdraw(UInt64(waiter)) == waiter) }
        var served: [Int] = []
        if let first = state.opened(resource, now: 1).grant?.waiter { served.append(first) }
        while let next = state.release(resource, isReusable: true, now: 2).grant?.waiter { served.append(next) }
        #expect(served == (0..<500).filter { !$0.isMultiple(of: 3) })
        #expect(state.waiting == 0)
    }
}

/// The calls of the regular lane, in which most tests are.
extension PoolState {
    fileprivate mutating func lease() -> (Resource, idleSince: Int64)? { lease(.regular) }

    fileprivate mutating func admit(_ waiter: Waiter, id: UInt64, now: Int64) -> LeaseAction {
        admit(waiter, id: id, lane: .regular, now: now)
    }
}

extension PoolState.LeaseAction {
    var isWaiting: Bool {
        if case .wait = self { true } else { false }
    }
}
