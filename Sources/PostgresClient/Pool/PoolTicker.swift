/// Lets the reactor call a pool without keeping it alive.
final class PoolTicker: ReactorClient {
    private let pool: WeakPool

    init(_ pool: PostgresPool) {
        self.pool = WeakPool(pool)
    }

    func ready(_ event: PollEvent) {}

    func tick(now: Int64) {
        pool.value?.tick(now: now)
    }
}

/// `@unchecked Sendable`: set once; reading a weak reference is atomic.
private final class WeakPool: @unchecked Sendable {
    weak var value: PostgresPool?

    init(_ value: PostgresPool) {
        self.value = value
    }
}
