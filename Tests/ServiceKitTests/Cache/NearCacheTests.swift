import NIOCore
import Primitives
import Testing

@testable import ServiceKit

@Suite
struct NearCacheTests {
    private let now = ContinuousClock.now

    private func body(_ version: Int64, bytes: Int) -> EntityCache.Body {
        EntityCache.Body(version: version, bytes: ByteBuffer(repeating: 0, count: bytes))
    }

    @Test(arguments: [0, 1000, 1 << 20]) func `bodies of any size take a limited number of bytes`(bytes: Int) {
        var cache = NearCache()
        let last = Identifier.v4()
        for _ in 0..<(NearCache.capacity / (bytes + 100)) { cache.insert(.v4(), body(1, bytes: bytes), now: now) }
        cache.insert(last, body(1, bytes: bytes), now: now)
        #expect(cache.size <= NearCache.capacity && cache.size > bytes)
        #expect(cache.entry(last, now: now, maximumAge: .seconds(1))?.version == 1)
    }

    @Test func `what is replaced or removed is no longer counted`() {
        var cache = NearCache()
        let id = Identifier.v4()
        cache.insert(id, body(2, bytes: 1000), now: now)
        let size = cache.size
        cache.insert(id, body(3, bytes: 1000), now: now)
        cache.insert(id, body(2, bytes: 5000), now: now)
        #expect(cache.size == size, "an older body does not replace a newer one")
        cache.remove(id, before: 3)
        #expect(cache.size == size)
        cache.remove(id, before: 4)
        #expect(cache.size == 0)
        cache.insert(id, body(1, bytes: 1000), now: now)
        cache.remove(id)
        #expect(cache.size == 0)
    }
}
