import Primitives
import ServiceKit
import TestSupport
import Testing

@testable import ServicePlatform

@Suite
struct APIKeyMemoryTests {
    private let now = Timestamp(seconds: 1_800_000_000)
    private let start = ContinuousClock.now

    private func entry(_ id: Identifier = .v4(), seconds: Int = 3600, permissions: Int = 1) -> APIKeyMemory.Entry {
        let key = KnownAPIKey(
            id: id, tenant: nil, permissions: (0..<permissions).map(String.init), roles: [], hash: [1],
            expiresOn: now.adding(.seconds(seconds)))
        return APIKeyMemory.Entry(key: key, identity: key.identity(.builtIn), end: key.expiresOn)
    }

    private func isKnown(_ memory: APIKeyMemory, _ text: String, after time: Duration = .zero) -> Bool {
        if case .known = memory.answer(text, now: now.adding(time), instant: start + time) { return true }
        return false
    }

    private func isRefused(_ memory: APIKeyMemory, _ text: String, after time: Duration = .zero) -> Bool {
        if case .refused = memory.answer(text, now: now, instant: start + time) { return true }
        return false
    }

    private func generation(_ memory: APIKeyMemory) -> Int {
        if case .unknown(let generation) = memory.answer("", now: now, instant: start) { return generation }
        return -1
    }

    @Test func `a key is known while the database reports changes`() {
        var memory = APIKeyMemory()
        memory.insert("a", entry(), generation: generation(memory))
        #expect(!isKnown(memory, "a"), "nothing was reported yet")
        memory.confirm(at: start)
        #expect(isKnown(memory, "a") && !isKnown(memory, "b"))
        #expect(isKnown(memory, "a", after: EntityCache.maximumAge))
        #expect(!isKnown(memory, "a", after: EntityCache.maximumAge + .nanoseconds(1)))
        memory.confirm(at: start - .seconds(60))
        #expect(isKnown(memory, "a"), "an earlier report takes nothing back")
    }

    @Test func `a key is not known at its end`() {
        var memory = APIKeyMemory()
        memory.confirm(at: start)
        memory.insert("a", entry(seconds: 2), generation: generation(memory))
        #expect(isKnown(memory, "a", after: .seconds(1)) && !isKnown(memory, "a", after: .seconds(2)))
    }

    @Test func `a changed key is forgotten, and what was read before the change is not kept`() {
        let (id, other) = (Identifier.v4(), Identifier.v4())
        var memory = APIKeyMemory()
        memory.confirm(at: start)
        let before = generation(memory)
        memory.insert("a", entry(id), generation: before)
        memory.insert("b", entry(id), generation: before)
        memory.insert("c", entry(other), generation: before)
        memory.forget([])
        #expect(isKnown(memory, "a"), "nothing has changed")
        memory.forget([id])
        #expect(!isKnown(memory, "a") && !isKnown(memory, "b") && isKnown(memory, "c"))
        memory.insert("a", entry(id), generation: before)
        #expect(!isKnown(memory, "a"), "the lookup began before the change")
        memory.insert("a", entry(id), generation: generation(memory))
        #expect(isKnown(memory, "a"))
        memory.reset()
        #expect(memory.count == 0)
    }

    @Test func `a wrong key is refused for a moment`() {
        var memory = APIKeyMemory()
        memory.confirm(at: start)
        memory.refuse("a", instant: start)
        #expect(isRefused(memory, "a") && !isRefused(memory, "b"))
        #expect(!isRefused(memory, "a", after: APIKeyMemory.refusalLifetime))
        memory.insert("a", entry(), generation: generation(memory))
        #expect(isKnown(memory, "a"))
    }

    @Test func `memory is bounded whatever is sent`() {
        var memory = APIKeyMemory()
        memory.confirm(at: start)
        for number in 0..<20_000 { memory.refuse("\(number)", instant: start) }
        let refused = (0..<20_000).count { isRefused(memory, "\($0)") }
        #expect((1...APIKeyMemory.refusalCapacity).contains(refused))
        let large = entry(permissions: 300)
        for number in 0..<2000 { memory.insert("\(number)", large, generation: generation(memory)) }
        #expect((1..<APIKeyMemory.capacity / (300 * 64)).contains(memory.count))
    }

    @Test func `an identity has the permissions of the key and of its roles for its audience`() {
        let tenant = Identifier.v4()
        func identity(_ tenant: Identifier?, _ roles: [String]) -> Identity {
            KnownAPIKey(
                id: .v4(), tenant: tenant, permissions: ["1"], roles: roles, hash: [], expiresOn: now
            ).identity(.builtIn)
        }
        #expect(identity(nil, []).kind == .service && identity(tenant, []).kind == .tenantUser(tenant))
        #expect(identity(nil, ["Support"]).permissions.isSuperset(of: ["1", "10207"]))
        #expect(identity(tenant, ["TenantViewer"]).permissions.isSuperset(of: ["1", "10207"]))
        #expect(identity(tenant, ["SuperAdmin", "nobody"]).permissions == ["1"])
        #expect(identity(nil, ["TenantAdmin"]).permissions == ["1"])
    }

    @Test func `a former secret ends with the overlap and with the key`() {
        func end(overlap: Int?, key: Int = 100) -> Timestamp? {
            KnownAPIKey(
                id: .v4(), tenant: nil, permissions: [], roles: [], hash: [1], expiresOn: now.adding(.seconds(key)),
                previousHash: [2], previousExpiresOn: overlap.map { now.adding(.seconds($0)) }
            ).end(ofSecret: [[9], [2]])
        }
        #expect(end(overlap: 10) == now.adding(.seconds(10)))
        #expect(end(overlap: 200) == now.adding(.seconds(100)))
        #expect(end(overlap: nil) == nil)
    }

    @Test func `a hash belongs to a key only if every bit is the same`() {
        let hash: [UInt8] = (0..<32).map { UInt8($0 * 7 & 0xFF) }
        let key = KnownAPIKey(id: .v4(), tenant: nil, permissions: [], roles: [], hash: hash, expiresOn: now)
        #expect(key.end(ofSecret: [hash]) == now)
        for bit in 0..<256 {
            var other = hash
            other[bit / 8] ^= 1 << (bit % 8)
            #expect(key.end(ofSecret: [other]) == nil, "\(bit)")
        }
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<5000 {
            let other = (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) }
            #expect(key.end(ofSecret: [other]) == nil)
        }
        #expect(key.end(ofSecret: [Array(hash.dropLast()), hash + [0], []]) == nil)
    }
}
