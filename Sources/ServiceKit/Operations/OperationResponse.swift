package import HTTPTypes
package import JSONCoding
package import NIOCore

/// What an operation answers.
package struct OperationResponse: Sendable {
    /// HTTP status.
    package var status: HTTPResponse.Status
    /// Headers beyond the ones every answer has.
    package var headers: HTTPFields
    /// The body.
    package var body: ByteBuffer?
    /// Media type of the body.
    package var mediaType: String

    /// Makes a body piece by piece.
    package typealias BodyStream =
        @concurrent @Sendable (_ write: @concurrent (ByteBuffer) async throws -> Void) async throws -> Void

    /// Writes the body piece by piece, in place of ``body``.
    package private(set) var stream: BodyStream?

    /// Media type of JSON answers, as the original sends it.
    package static let jsonMediaType = "application/json; charset=utf-8"

    /// Makes one from its parts.
    package init(
        status: HTTPResponse.Status, headers: HTTPFields = HTTPFields(), body: ByteBuffer?,
        mediaType: String = jsonMediaType
    ) {
        self.status = status
        self.headers = headers
        self.body = body
        self.mediaType = mediaType
    }

    /// A body that is written piece by piece, so that it never is in memory as a whole: `write` returns when the connection takes more.
    package init(
        status: HTTPResponse.Status, headers: HTTPFields = HTTPFields(), mediaType: String,
        stream: @escaping BodyStream
    ) {
        self.init(status: status, headers: headers, body: nil, mediaType: mediaType)
        self.stream = stream
    }

    /// 204.
    package static let noContent = OperationResponse(status: .noContent, body: nil)

    /// Finished JSON in a buffer, such as one from the cache.
    package static func json(_ buffer: ByteBuffer, status: HTTPResponse.Status = .ok) -> OperationResponse {
        OperationResponse(status: status, body: buffer)
    }

    /// Finished JSON in bytes.
    package static func json(_ bytes: [UInt8], status: HTTPResponse.Status = .ok) -> OperationResponse {
        OperationResponse(status: status, body: ByteBuffer(bytes: bytes))
    }

    /// 201 with the `Location` of what was created.
    package static func created(_ bytes: [UInt8], location: String) -> OperationResponse {
        OperationResponse(status: .created, headers: [.location: location], body: ByteBuffer(bytes: bytes))
    }

    /// JSON written by a closure.
    package static func json(
        status: HTTPResponse.Status = .ok, _ write: (inout JSONWriter) -> Void
    ) -> OperationResponse {
        var writer = JSONWriter()
        write(&writer)
        return .json(writer.bytes, status: status)
    }

    /// `{"count": n}`.
    package static func count(_ count: Int) -> OperationResponse {
        .json { writer in
            writer.beginObject()
            writer.key("count")
            writer.integer(count)
            writer.endObject()
        }
    }
}
