import Entities
import NIOCore

extension Record {
    /// The row as JSON in a buffer, as caches hold it.
    var buffer: ByteBuffer { ByteBuffer(bytes: json) }
}
