import Testing

@testable import PostgresClient

/// Searches share a part of the connections, so that the rest is available to other requests.
@Suite struct PoolLaneTests {
    typealias Resource = PoolStateTests.Resource
    typealias State = PoolStateTests.State

    /// A pool of four connections, all idle, of which searches may hold two.
    static func make() -> State {
        var state = PoolStateTests.make(maximum: 4, maximumWaiters: 4, maximumSearches: 2)
        let resources = (0..<4).map { _ in Resource() }
        for (index, resource) in resources.enumerated() {
            _ = state.admit(index, id: UInt64(index), lane: .regular, now: 0)
            _ = state.opened(resource, now: 0)
        }
        for resource in resources { _ = state.release(resource, isReusable: true, now: 0) }
        return state
    }

    @Test func `searches take no more than their share of the connections`() {
        var state = Self.make()
        #expect(state.lease(.search) != nil && state.lease(.search) != nil)
        #expect(state.lease(.search) == nil)
        #expect(PoolStateTests.opens(state.admit(1, id: 1, lane: .search, now: 0)) == 0)
        // Other requests are served as before.
        #expect(state.lease(.regular) != nil && state.lease(.regular) != nil)
    }

    @Test func `a search that waits does not hold up others who wait behind it`() throws {
        var state = Self.make()
        let search = try #require(state.lease(.search)?.0)
        _ = state.lease(.search)
        let regular = try #require(state.lease(.regular)?.0)
        _ = state.lease(.regular)
        _ = state.admit(1, id: 1, lane: .search, now: 0)
        _ = state.admit(2, id: 2, lane: .regular, now: 0)
        #expect(state.release(regular, isReusable: true, now: 1).grant?.waiter == 2)
        #expect(state.release(search, isReusable: true, now: 2).grant?.waiter == 1)
    }

    @Test func `a search that breaks its connection lets the next one have an idle one`() throws {
        var state = Self.make()
        let search = try #require(state.lease(.search)?.0)
        _ = state.lease(.search)
        _ = state.admit(1, id: 1, lane: .search, now: 0)
        let action = state.release(search, isReusable: false, now: 1)
        #expect(action.closes && action.grant?.waiter == 1)
        #expect(action.grant?.resource !== search)
        #expect(state.idleCount == 1 && state.leased == 2)
    }

    @Test func `searches open no more connections than their share`() {
        var state = PoolStateTests.make(maximum: 4, maximumWaiters: 10, maximumSearches: 2)
        let opens = (1...4).map { state.admit($0, id: UInt64($0), lane: .search, now: 0) }.map(PoolStateTests.opens)
        #expect(opens == [1, 1, 0, 0])
    }

    @Test func `searches fill only half of the queue`() {
        var state = PoolStateTests.make(maximum: 1, maximumWaiters: 4, maximumSearches: 1)
        for waiter in 1...2 { #expect(state.admit(waiter, id: UInt64(waiter), lane: .search, now: 0).isWaiting) }
        #expect(PoolStateTests.refusal(state.admit(3, id: 3, lane: .search, now: 0)) == .poolExhausted)
        #expect(state.admit(4, id: 4, lane: .regular, now: 0).isWaiting)
    }

    @Test func `the oldest is served first when both lanes wait`() {
        var state = PoolStateTests.make(maximum: 1, maximumWaiters: 4)
        let resource = Resource()
        _ = state.admit(1, id: 1, lane: .search, now: 0)
        _ = state.admit(2, id: 2, lane: .regular, now: 0)
        #expect(state.opened(resource, now: 1).grant?.waiter == 1)
        #expect(state.release(resource, isReusable: true, now: 2).grant?.waiter == 2)
    }
}
