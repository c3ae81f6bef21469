import HTTPTypes
import NIOCore
import NIOHTTP1
import Primitives

/// Makes the answers to heads that no operation sees, in the form of all other errors.
struct HeadRefusals: Sendable {
    let observers: [any RequestObserver]
    let clock: any WallClock

    /// The answer; after it the connection ends.
    func answer(
        _ failure: HTTPFailure, accept: String?, channel: any Channel
    ) -> (head: HTTPResponseHead, body: ByteBuffer) {
        let now = clock.now()
        let requestID = Identifier.v7(at: now).description
        let (fields, body) = FailureRendering.parts(for: failure, accept: accept, requestID: requestID, path: "")
        var headers = HTTPHeaders(fields.map { ($0.name.rawName, $0.value) })
        headers.add(name: "content-length", value: String(body.readableBytes))
        headers.add(name: "connection", value: "close")
        headers.add(name: HTTPField.Name.requestID.rawName, value: requestID)
        headers.add(name: HTTPField.Name.xContentTypeOptions.rawName, value: "nosniff")
        headers.add(name: "date", value: HTTPDate.text(now))
        if !observers.isEmpty {
            var notes = RequestAnnotations.Values()
            notes.requestID = requestID
            let request = FinishedRequest(
                method: "", path: "", query: "", operation: nil, route: nil, status: failure.status.code,
                start: ContinuousClock.now, startedAt: now, durationNanoseconds: 0, requestBytes: 0,
                responseBytes: body.readableBytes, requestHeaders: [:], responseHeaders: fields, notes: notes,
                host: nil, peer: channel.remoteAddress, clientAddress: nil)
            for observer in observers { observer.finished(request) }
        }
        let status = HTTPResponseStatus(
            statusCode: failure.status.code, reasonPhrase: failure.status.reasonPhrase)
        return (HTTPResponseHead(version: .http1_1, status: status, headers: headers), body)
    }
}

/// Dates of HTTP (RFC 9110 section 5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`.
enum HTTPDate {
    private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// The instant as text; for years 1970...9999.
    static func text(_ time: Timestamp) -> String {
        let (days, second) = max(0, Int(time.seconds)).quotientAndRemainder(dividingBy: 86_400)
        let date = GregorianCalendar.date(days: days)
        let clock = [second / 3600, second / 60 % 60, second % 60].map(twoDigits).joined(separator: ":")
        return "\(weekdays[days % 7]), \(twoDigits(date.day)) \(months[date.month - 1]) \(date.year) \(clock) GMT"
    }

    private static func twoDigits(_ value: Int) -> String { value < 10 ? "0\(value)" : String(value) }
}
