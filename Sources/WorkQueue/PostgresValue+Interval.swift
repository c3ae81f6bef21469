package import PostgresClient
import Primitives

extension PostgresValue {
    /// A duration as whole microseconds, for SQL such as `now() + $1 * interval '1 microsecond'`: leases and delays are
    /// counted by the database's clock.
    package static func microseconds(_ duration: Duration) -> PostgresValue {
        .int64(Timestamp(microseconds: 0).adding(duration).microseconds)
    }
}
