import Primitives
import ServiceKit
import Testing

@testable import ServicePlatform

@Suite
struct RevocationMemoryTests {
    private let now = Timestamp(seconds: 1_800_000_000)
    private let start = ContinuousClock.now
    private static let (tenant, other) = (Identifier.v4(), Identifier.v4())

    private func revocation(
        _ kind: Revocation.Kind, _ value: String, tenant: Identifier? = nil, id: Identifier = .v4()
    ) -> Revocation {
        Revocation(
            id: id, kind: kind, value: value, tenant: tenant, issuedBefore: kind == .user ? now : nil, expiresOn: nil)
    }

    private func token(
        _ id: String? = "t", users: [String] = ["u"], tenant: Identifier? = nil, age: Int? = 1
    ) -> RevocableToken {
        RevocableToken(
            id: id, users: users, tenant: tenant, issuedAt: age.map { now.adding(.seconds(-$0)) })
    }

    private func memory(_ revocations: [Revocation]) -> RevocationMemory {
        var memory = RevocationMemory()
        memory.load(revocations, generation: memory.generation)
        return memory
    }

    @Test func `one token is revoked by its id`() {
        let memory = memory([revocation(.token, "t")])
        #expect(memory.isRevoked(token()) && memory.isRevoked(token(tenant: Self.tenant, age: nil)))
        #expect(!memory.isRevoked(token("T")) && !memory.isRevoked(token(nil)) && !memory.isRevoked(token("u")))
    }

    @Test func `tokens of a user are revoked that were issued before`() {
        let memory = memory([revocation(.user, "u")])
        #expect(memory.isRevoked(token()) && memory.isRevoked(token(users: ["x", "u"])))
        #expect(!memory.isRevoked(token(age: 0)) && !memory.isRevoked(token(age: -1)))
        #expect(memory.isRevoked(token(age: nil)), "it does not say when it was issued")
        #expect(!memory.isRevoked(token(users: ["t"])) && !memory.isRevoked(token("u", users: [])))
    }

    @Test func `a tenant revokes only its own tokens`() {
        let memory = memory([
            revocation(.token, "t", tenant: Self.tenant), revocation(.user, "u", tenant: Self.tenant),
        ])
        #expect(memory.isRevoked(token(tenant: Self.tenant)))
        #expect(!memory.isRevoked(token(tenant: Self.other)) && !memory.isRevoked(token()))
    }

    @Test func `changes of revocations are followed`() {
        let (first, second) = (Identifier.v4(), Identifier.v4())
        var memory = memory([revocation(.user, "u", id: first)])
        memory.update([second], found: [revocation(.token, "t", id: second)])
        memory.update([second], found: [revocation(.token, "t", id: second)])
        #expect(memory.count == 2)
        memory.update([first, second], found: [])
        #expect(memory.count == 0 && !memory.isRevoked(token()))
    }

    @Test func `memory is current after it was loaded, while the database reports changes`() {
        var memory = RevocationMemory()
        memory.confirm(at: start)
        #expect(!memory.isCurrent(start), "not loaded yet")
        memory.load([], generation: memory.generation)
        #expect(memory.isCurrent(start) && memory.isCurrent(start + EntityCache.maximumAge))
        #expect(!memory.isCurrent(start + EntityCache.maximumAge + .nanoseconds(1)))
        memory.invalidate()
        #expect(!memory.isCurrent(start))
    }

    @Test func `a reading that ends late takes no revocation back`() {
        let (early, late) = (revocation(.token, "t"), revocation(.user, "u"))
        var memory = RevocationMemory()
        // Two readings at once; the one that began first ends last.
        let before = memory.generation
        memory.load([early, late], generation: memory.generation)
        memory.load([early], generation: before)
        #expect(memory.count == 2 && memory.isRevoked(token("x")))
    }

    @Test func `a reading from before changes may have been missed does not count`() {
        var memory = RevocationMemory()
        memory.confirm(at: start)
        let before = memory.generation
        memory.invalidate()
        memory.load([], generation: before)
        #expect(!memory.isCurrent(start))
        memory.load([], generation: memory.generation)
        #expect(memory.isCurrent(start))
    }

    @Test func `too many revocations are not kept`() {
        let many = (0...RevocationMemory.capacity).map { revocation(.token, "\($0)") }
        var memory = memory(many)
        #expect(memory.count == 0 && !memory.isComplete)
        memory = self.memory(Array(many.dropLast()))
        #expect(memory.isComplete)
        let found = [many[0], many[RevocationMemory.capacity]]
        memory.update(found.map(\.id), found: found)
        #expect(!memory.isComplete && memory.count == 0)
    }
}
