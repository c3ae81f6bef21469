import Entities
import HTTPTypes
package import Hummingbird
import JSONCoding
import NIOCore
import Primitives

/// Writes a failure as LoopBack's envelope, or as RFC 9457 problem details when the client asks for them.
package enum FailureRendering {
    /// Media type of RFC 9457.
    static let problemMediaType = "application/problem+json"
    private static let jsonMediaType = "application/json; charset=utf-8"

    /// The answer for a failure.
    /// - Parameters:
    ///   - failure: What went wrong.
    ///   - accept: The request's `Accept` header. Problem details are for who names them and does not prefer JSON.
    ///   - requestID: Identifier under which the log speaks of the request.
    ///   - path: The request's path, for `instance`.
    package static func response(
        for failure: HTTPFailure, accept: String?, requestID: String, path: String
    ) -> Response {
        let (headers, body) = parts(for: failure, accept: accept, requestID: requestID, path: path)
        return Response(status: failure.status, headers: headers, body: ResponseBody(byteBuffer: body))
    }

    /// Headers and body of the answer for a failure; parameters as in ``response(for:accept:requestID:path:)``.
    static func parts(
        for failure: HTTPFailure, accept: String?, requestID: String, path: String
    ) -> (headers: HTTPFields, body: ByteBuffer) {
        let failure = failure.bounded()
        let wantsProblem = accept.map { prefersProblem(AcceptedMedia(header: $0)) } ?? false
        var writer = JSONWriter(reservingCapacity: 256)
        if wantsProblem {
            writeProblem(failure, requestID: requestID, path: path, to: &writer)
        } else {
            writeEnvelope(failure, to: &writer)
        }
        var headers = failure.headers
        headers[.contentType] = wantsProblem ? problemMediaType : jsonMediaType
        headers[.cacheControl] = "no-store"
        return (headers, ByteBuffer(bytes: writer.bytes))
    }

    private static func prefersProblem(_ accepted: AcceptedMedia) -> Bool {
        guard let quality = accepted.named(problemMediaType), quality > 0 else { return false }
        return quality >= accepted.quality(ofApplication: "application/json")
    }

    /// `{"error": {"statusCode", "name", "message", "code"?, "details"?}}`; 5xx carry no more than LoopBack's do,
    /// except 503 and 504, whose messages say whether a repetition is safe.
    static func writeEnvelope(_ failure: HTTPFailure, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("error")
        writer.beginObject()
        writer.key("statusCode")
        writer.integer(failure.status.code)
        if failure.status.code != 500 {
            writer.key("name")
            writer.string(failure.name)
        }
        writer.key("message")
        writer.value(failure.message)
        if let code = failure.code {
            writer.key("code")
            writer.string(code)
        }
        if let syntaxError = failure.syntaxError {
            writer.key("details")
            writer.value(["syntaxError": .string(syntaxError)])
        } else if !failure.details.isEmpty {
            writer.key("details")
            writer.beginArray()
            for detail in failure.details { detail.write(to: &writer) }
            writer.endArray()
        }
        writer.endObject()
        writer.endObject()
    }

    static func writeProblem(
        _ failure: HTTPFailure, requestID: String, path: String, to writer: inout JSONWriter
    ) {
        writer.beginObject()
        writer.key("type")
        writer.string("urn:arc:problem:\(problemSlug(failure))")
        writer.key("title")
        writer.string(failure.status.reasonPhrase)
        writer.key("status")
        writer.integer(failure.status.code)
        writer.key("detail")
        writer.string(failure.message.stringValue ?? failure.message["message"]?.stringValue ?? failure.name)
        writer.key("instance")
        writer.string(path.shortened(toBytes: FailureBounds.path))
        writer.key("requestId")
        writer.string(requestID)
        if let code = failure.code {
            writer.key("code")
            writer.string(code)
        }
        var details = failure.details
        if let syntaxError = failure.syntaxError {
            details.append(ValidationDetail(path: "", code: "syntax", message: syntaxError))
        }
        if !details.isEmpty {
            writer.key("errors")
            writer.beginArray()
            for detail in details {
                writer.beginObject()
                writer.key("pointer")
                writer.string("#\(URIFragment.encode(detail.path))")
                if let parameter = failure.parameter {
                    writer.key("parameter")
                    writer.string(parameter)
                }
                writer.key("code")
                writer.string(detail.code)
                writer.key("detail")
                writer.string(detail.message)
                writer.endObject()
            }
            writer.endArray()
        }
        writer.endObject()
    }

    /// The stable last part of a problem's type: the code when there is one, else the status' name.
    private static func problemSlug(_ failure: HTTPFailure) -> String {
        let source = failure.code ?? failure.status.reasonPhrase
        return String(source.lowercased().map { $0 == "_" || $0 == " " ? "-" : $0 })
    }
}

/// JSON pointers as fragments of URIs (RFC 6901 section 6).
private enum URIFragment {
    /// Percent-encodes the bytes that a fragment cannot have (RFC 3986 section 3.5).
    static func encode(_ text: String) -> String {
        PercentEncoding.encode(text, except: isAllowed)
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "-._~!$&'()*+,;=:@/?".utf8.contains(byte)
        }
    }
}
