import Testing

@testable import PostgresClient

/// What failed attempts to connect mean while other connections work, and for how long.
@Suite struct PoolOutageTests {
    typealias Resource = PoolStateTests.Resource
    typealias State = PoolStateTests.State

    static let refused = PostgresError(.connection, "refused")
    static let second: Int64 = 1_000_000_000

    /// A pool with one connection in use and a second one that could not be opened at time 0.
    static func makePartial() -> (State, Resource) {
        let resource = Resource()
        var state = PoolStateTests.make(idle: [resource], maximum: 2)
        _ = state.lease(.regular)
        #expect(PoolStateTests.opens(state.admit(1, id: 1, lane: .regular, now: 0)) == 1)
        #expect(state.openFailed(refused, now: 0).refuse.isEmpty)
        return (state, resource)
    }

    @Test func `a failed attempt does not refuse callers while a connection works`() {
        var (state, resource) = Self.makePartial()
        // Long after the connection timeout of 1 µs, with another failure.
        #expect(state.release(resource, isReusable: true, now: 500).grant?.waiter == 1)
        let late = Self.second
        #expect(PoolStateTests.opens(state.admit(2, id: 2, lane: .regular, now: late)) == 1)
        #expect(state.openFailed(Self.refused, now: late).refuse.isEmpty)
        #expect(PoolStateTests.opens(state.admit(3, id: 3, lane: .regular, now: late + 1)) == 0)
        #expect(state.release(resource, isReusable: true, now: late + 2).grant?.waiter == 2)
        #expect(state.release(resource, isReusable: true, now: late + 3).grant?.waiter == 3)
    }

    @Test func `a pool is unreachable from the first failure without a connection until the first success`() {
        var state = PoolStateTests.make()
        #expect(!state.isUnreachable)
        _ = state.admit(1, id: 1, lane: .regular, now: 0)
        _ = state.openFailed(Self.refused, now: 0)
        #expect(state.isUnreachable)
        _ = state.tick(now: 1000)
        _ = state.admit(2, id: 2, lane: .regular, now: 50_000_000)
        #expect(state.opened(Resource(), now: 50_000_001).grant?.waiter == 2)
        #expect(!state.isUnreachable)
    }

    @Test func `a caller that waited for a busy connection in vain gets that reason`() {
        var (state, _) = Self.makePartial()
        #expect(state.tick(now: 1000).refuse.first?.1.kind == .poolExhausted)
    }

    @Test func `a failure of an hour ago refuses nobody`() {
        var (state, resource) = Self.makePartial()
        #expect(state.release(resource, isReusable: true, now: 500).grant?.waiter == 1)
        _ = state.release(resource, isReusable: true, now: 600)
        let hour = 3600 * Self.second
        #expect(PoolStateTests.granted(state.admit(2, id: 2, lane: .regular, now: hour)) === resource)
        #expect(PoolStateTests.opens(state.admit(3, id: 3, lane: .regular, now: hour)) == 1)
        #expect(state.admit(4, id: 4, lane: .regular, now: hour).isWaiting)
    }

    @Test func `an outage counts from the loss of the last connection that worked`() {
        var (state, resource) = Self.makePartial()
        _ = state.release(resource, isReusable: true, now: 500)
        // Much later the same attempt fails again, and then the last connection is lost.
        let late = 5 * Self.second
        _ = state.admit(2, id: 2, lane: .regular, now: late)
        _ = state.openFailed(Self.refused, now: late)
        _ = state.release(resource, isReusable: false, now: late + 1)
        #expect(state.open == 0)
        #expect(state.admit(3, id: 3, lane: .regular, now: late + 500).isWaiting)
        #expect(PoolStateTests.refusal(state.admit(4, id: 4, lane: .regular, now: late + 2000)) == .connection)
    }

    @Test func `retired connections are closed, idle ones at once and leased ones when they return`() {
        let idle = Resource()
        let leased = Resource()
        var state = PoolStateTests.make(idle: [idle, leased])
        _ = state.lease(.regular)
        let closed = state.retire(with: leased, now: 10)
        #expect(closed?.count == 1 && closed?.first === idle)
        #expect(state.release(leased, isReusable: true, now: 20).closes)
        // What is opened afterwards stays.
        _ = state.admit(1, id: 1, lane: .regular, now: 30)
        let fresh = Resource(openedAt: 40)
        #expect(state.opened(fresh, now: 40).grant?.waiter == 1)
        // Another connection of before, which returns later, says nothing about it.
        let again = state.retire(with: leased, now: 45)
        #expect(again == nil)
        #expect(!state.release(fresh, isReusable: true, now: 50).closes)
    }
}
