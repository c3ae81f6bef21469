import Primitives
import Testing

@testable import AWS

@Suite struct CredentialsStateTests {
    private let now = Timestamp(seconds: 1_800_000_000)

    private func credentials(_ name: String, after life: Duration?) -> AWSCredentials {
        AWSCredentials(
            accessKeyID: name, secretAccessKey: "s", sessionToken: "t", expiration: life.map { now.adding($0) })
    }

    @Test func `without credentials everybody waits`() {
        var state = CredentialsState()
        #expect(state.decide(now: now) == .wait)
    }

    @Test func `credentials that never expire are used for good`() {
        var state = CredentialsState()
        let fixed = credentials("fixed", after: nil)
        state.fetched(fixed, now: now)
        #expect(state.decide(now: now.adding(.seconds(1_000_000))) == .use(fixed))
    }

    @Test func `one caller renews a quarter of an hour before the end, the others go on`() {
        var state = CredentialsState()
        let first = credentials("first", after: .seconds(3600))
        state.fetched(first, now: now)
        #expect(state.decide(now: now.adding(.seconds(2699))) == .use(first))
        #expect(state.decide(now: now.adding(.seconds(2700))) == .useAndRenew(first))
        #expect(state.decide(now: now.adding(.seconds(2701))) == .use(first))
        let second = credentials("second", after: .seconds(7200))
        state.fetched(second, now: now.adding(.seconds(2702)))
        #expect(state.decide(now: now.adding(.seconds(2703))) == .use(second))
    }

    @Test func `a short life is renewed after three quarters of it`() {
        var state = CredentialsState()
        let short = credentials("short", after: .seconds(400))
        state.fetched(short, now: now)
        #expect(state.decide(now: now.adding(.seconds(299))) == .use(short))
        #expect(state.decide(now: now.adding(.seconds(300))) == .useAndRenew(short))
    }

    @Test func `a failed renewal keeps valid credentials, and is repeated after a pause`() {
        var state = CredentialsState()
        let first = credentials("first", after: .seconds(3600))
        state.fetched(first, now: now)
        #expect(state.decide(now: now.adding(.seconds(2700))) == .useAndRenew(first))
        state.failed(now: now.adding(.seconds(2701)))
        #expect(state.decide(now: now.adding(.seconds(2702))) == .use(first))
        #expect(state.decide(now: now.adding(.seconds(2701) + CredentialsState.pause)) == .useAndRenew(first))
        state.failed(now: now.adding(.seconds(2730)))
        // Nobody signs with what ends before the request arrives.
        #expect(state.decide(now: now.adding(.seconds(3600) - CredentialsState.margin)) == .wait)
    }

    @Test func `refused credentials are forgotten, newer ones and those that never expire are not`() {
        var state = CredentialsState()
        let old = credentials("old", after: .seconds(3600))
        let new = credentials("new", after: .seconds(3600))
        state.fetched(new, now: now)
        state.refused(old)
        #expect(state.decide(now: now) == .use(new))
        state.refused(new)
        #expect(state.decide(now: now) == .wait)
        let fixed = credentials("fixed", after: nil)
        state.fetched(fixed, now: now)
        state.refused(fixed)
        #expect(state.decide(now: now) == .use(fixed))
    }
}
