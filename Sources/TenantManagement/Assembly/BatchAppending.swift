import Entities
import NIOCore
import PostgresClient

extension PostgresBatch {
    /// Adds a statement with its parameters.
    @discardableResult
    mutating func append(_ bound: BoundStatement) -> Int { add(bound.0, bound.1) }
}

extension Record {
    /// The row as JSON in a buffer, as caches hold it.
    var buffer: ByteBuffer { ByteBuffer(bytes: json) }
}
