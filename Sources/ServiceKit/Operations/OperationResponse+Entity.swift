package import Entities
import HTTPTypes
package import NIOCore

/// Answers that show a row of an entity.
extension OperationResponse {
    /// 200 with a representation, or 304 when the client has it already.
    /// - Throws: 400 for an `If-None-Match` that is not a list of entity tags.
    package static func entity(
        _ body: ByteBuffer, tag: EntityTag, for request: OperationRequest
    ) throws(HTTPFailure) -> OperationResponse {
        let headers: HTTPFields = [.eTag: tag.text]
        // Only of reads (RFC 9110 section 15.4.5): a change that has been made is answered.
        if request.method == .get || request.method == .head, try request.has(tag) {
            return OperationResponse(status: .notModified, headers: headers, body: nil)
        }
        return OperationResponse(status: .ok, headers: headers, body: body)
    }

    /// 200 with a row as it was asked for, or 304 when the client has it already.
    package static func entity(_ record: Record, for request: OperationRequest) throws -> OperationResponse {
        let json = record.json
        let version = try record.version
        let tag = request.query.isEmpty ? EntityTag(version: version) : EntityTag(version: version, content: json)
        return try entity(ByteBuffer(bytes: json), tag: tag, for: request)
    }

    /// 200 with JSON that was made of a row and of more, or 304 when the client has it already.
    package static func entity(
        _ json: [UInt8], version: Int64, for request: OperationRequest
    ) throws(HTTPFailure) -> OperationResponse {
        try entity(ByteBuffer(bytes: json), tag: EntityTag(version: version, content: json), for: request)
    }

    /// 200 with JSON that has no version but its content, or 304 when the client has it already.
    package static func revalidated(
        _ json: [UInt8], for request: OperationRequest
    ) throws(HTTPFailure) -> OperationResponse {
        try entity(json, version: 1, for: request)
    }

    /// 201 with JSON that was made of a new row and of more.
    package static func created(_ json: [UInt8], version: Int64, location: String) -> OperationResponse {
        var response = OperationResponse.created(json, location: location)
        response.headers[.eTag] = EntityTag(version: version, content: json).text
        return response
    }

    /// 201 with a new row and its `Location`.
    package static func created(_ record: Record, location: String) throws -> OperationResponse {
        var response = OperationResponse.created(record.json, location: location)
        response.headers[.eTag] = EntityTag(version: try record.version).text
        return response
    }

    /// The answer to a change: 204, or 200 with the row when the client prefers that.
    ///
    /// A PUT has no `ETag` (RFC 9110 section 9.3.4: what is stored is not what was sent, as the server adds to it).
    package static func changed(_ record: Record, for request: OperationRequest) throws -> OperationResponse {
        var headers = HTTPFields()
        if request.method != .put { headers[.eTag] = EntityTag(version: try record.version).text }
        guard request.preferences.wantsRepresentation else {
            return OperationResponse(status: .noContent, headers: headers, body: nil)
        }
        headers[.preferenceApplied] = "return=representation"
        return OperationResponse(status: .ok, headers: headers, body: ByteBuffer(bytes: record.json))
    }

    /// The answer to a PATCH of something that is shown as more than its row: 204, or 200 with the JSON when the client
    /// prefers that.
    /// - Parameter json: Called only when it is wanted.
    package static func changed(
        version: Int64, for request: OperationRequest, _ json: () async throws -> [UInt8]
    ) async throws -> OperationResponse {
        guard request.preferences.wantsRepresentation else {
            return OperationResponse(
                status: .noContent, headers: [.eTag: EntityTag(version: version).text], body: nil)
        }
        let json = try await json()
        return OperationResponse(
            status: .ok,
            headers: [
                .eTag: EntityTag(version: version, content: json).text, .preferenceApplied: "return=representation",
            ], body: ByteBuffer(bytes: json))
    }

    /// 200 with a page of a list, a `Link` to the next one, and the number of rows when it was asked for.
    package static func page(_ page: Page, for request: OperationRequest) -> OperationResponse {
        var response = OperationResponse.json(page.records.json)
        response.linkToPage(after: page.next?.text, of: request)
        if let total = page.total {
            response.headers[.totalCount] = String(total)
            response.headers[.preferenceApplied] = "count=exact"
        }
        return response
    }

    /// Adds the `Link` to the next page (RFC 8288): the same request with another cursor. Nil stands for the last page.
    package mutating func linkToPage(after cursor: String?, of request: OperationRequest) {
        guard let cursor else { return }
        let others = request.query.split(separator: "&").filter { !$0.hasPrefix("cursor=") }
        var query = (others + ["cursor=\(cursor)"]).joined(separator: "&")
        // As it was sent, but for what would end the address in the header.
        if query.utf8.contains(where: { "<>\"".utf8.contains($0) }) {
            query = query.replacing("<", with: "%3C").replacing(">", with: "%3E").replacing("\"", with: "%22")
        }
        headers[.link] = "<\(request.path)?\(query)>; rel=\"next\""
    }
}
