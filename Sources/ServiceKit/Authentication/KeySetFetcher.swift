import NIOHTTP1
import OutboundHTTP

/// Fetches a key set from an identity provider.
package enum KeySetFetcher {
    /// The provider did not return a key set.
    package struct Failure: Error, CustomStringConvertible, Sendable {
        /// What is wrong, for the log.
        package let description: String
    }

    /// Shared by the process and never closed; idle connections close by themselves.
    private static let client = OutboundHTTPClient(
        userAgent: "arc", addresses: .publicAndPrivate, maximumAnswerSize: 1 << 20)

    /// The body at a URL, which must arrive within ten seconds and have at most one mebibyte. Redirects are not followed.
    /// - Throws: ``Failure`` when there is no response, or its status is not 200.
    package static func fetch(_ url: String) async throws -> [UInt8] {
        try await fetch(url, timeout: .seconds(10))
    }

    static func fetch(_ url: String, timeout: Duration) async throws(Failure) -> [UInt8] {
        let answer: OutboundAnswer
        do throws(OutboundHTTPFailure) {
            answer = try await client.send(OutboundRequest(.GET, url), timeout: timeout)
        } catch {
            throw Failure(description: "the key set could not be fetched: \(error.reason)")
        }
        guard answer.status == 200 else {
            throw Failure(description: "the key set's URL answered \(answer.status)")
        }
        return answer.body
    }
}
