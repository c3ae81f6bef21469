import Foundation
import JSONCoding
import Primitives
import TestSupport
import Testing

@testable import AWS

/// Signatures of random requests are those that botocore computes.
@Suite struct SignatureInteroperabilityTests {
    private static let characters = [
        "a", "Z", "0", "-", ".", "_", "~", " ", "%", "+", "/", "?", "&", "=", "#", "\"", "'", "(", ")", "*", ",", ";",
        ":", "@", "!", "$", "[", "]", "é", "ß", "ሴ", "日", "😀", "\u{0301}",
    ]

    private struct Case {
        let request: SignableRequest
        let credentials: AWSCredentials
        let region: String
        let service: String
        let host: String
        let time: Timestamp
        let style: CanonicalRequest.PathStyle
    }

    private static func text(_ length: ClosedRange<Int>, _ generator: inout SeededGenerator) -> String {
        (0..<Int.random(in: length, using: &generator)).map { _ in
            characters[Int.random(in: 0..<characters.count, using: &generator)]
        }.joined()
    }

    private static func pick(_ choices: [String], _ generator: inout SeededGenerator) -> String {
        choices[Int.random(in: 0..<choices.count, using: &generator)]
    }

    private static func random(_ generator: inout SeededGenerator) -> Case {
        let style: CanonicalRequest.PathStyle = Bool.random(using: &generator) ? .asSent : .encodedAgain
        let segments = (0..<Int.random(in: 0...4, using: &generator)).map { _ in
            // S3's paths are signed as they are, and botocore would normalize dots before it signs.
            let special = style == .asSent ? ["x"] : ["", ".", "..", "x"]
            let odd = Int.random(in: 0..<4, using: &generator) == 0
            return odd ? pick(special, &generator) : PercentEncoding.encode(text(1...8, &generator))
        }
        let query = (0..<Int.random(in: 0...5, using: &generator)).map { _ in
            let name = PercentEncoding.encode(pick(["a", "b", "A", text(1...5, &generator)], &generator))
            return "\(name)=\(PercentEncoding.encode(text(0...6, &generator)))"
        }
        let headers = (0..<Int.random(in: 0...4, using: &generator)).map { _ in
            let spaces = pick(["", " ", "  "], &generator)
            return (
                name: pick(["X-One", "x-two", "X-Amz-Target", "Content-Type"], &generator),
                value: "\(spaces)\(pick(["a", "b  c", "d, e"], &generator))\(spaces)"
            )
        }
        let host = "\(pick(["sqs.eu-west-1.amazonaws.com", "127.0.0.1:4566"], &generator))"
        let isTemporary = Bool.random(using: &generator)
        return Case(
            request: SignableRequest(
                method: pick(["GET", "POST", "PUT", "DELETE"], &generator), path: "/" + segments.joined(separator: "/"),
                query: query.joined(separator: "&"), headers: [("host", host)] + headers,
                body: Array(text(0...40, &generator).utf8)),
            credentials: AWSCredentials(
                accessKeyID: "AKID\(Int.random(in: 0..<1000, using: &generator))",
                secretAccessKey: "secret/+\(text(0...8, &generator))",
                sessionToken: isTemporary ? "token/+=\(Int.random(in: 0..<1000, using: &generator))" : nil,
                expiration: nil),
            region: pick(["eu-west-1", "us-east-1"], &generator), service: pick(["sqs", "events"], &generator),
            host: host, time: Timestamp(seconds: Int64.random(in: 1_700_000_000..<1_900_000_000, using: &generator)),
            style: style)
    }

    private static func json(_ given: Case) -> JSONValue {
        let headers = given.request.headers.dropFirst().map {
            JSONValue.array([.string($0.name), .string($0.value)])
        }
        var value: JSONObject = [
            "key": .string(given.credentials.accessKeyID), "secret": .string(given.credentials.secretAccessKey),
            "service": .string(given.service), "region": .string(given.region), "host": .string(given.host),
            "method": .string(given.request.method), "path": .string(given.request.path),
            "query": .string(given.request.query), "headers": .array(Array(headers)),
            "body": .string(String(decoding: given.request.body, as: UTF8.self)),
            "time": .string(SignatureV4.time(given.time)), "asSent": .bool(given.style == .asSent),
        ]
        if let token = given.credentials.sessionToken { value["token"] = .string(token) }
        return .object(value)
    }

    @Test func `random requests are signed as botocore signs them`() async throws {
        var generator = SeededGenerator(seed: 20_260_105)
        let cases = (0..<400).map { _ in Self.random(&generator) }
        let file = TestCommand.temporaryFile("requests.json")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(JSONValue.array(cases.map(Self.json)).serialized()).write(to: file)
        let output = try await PythonPeer.run("aws_sign.py", [file.path])
        let expected = try #require(try JSONValue.parse(Array(output.utf8)).arrayValue)
        #expect(expected.count == cases.count)
        for (given, expected) in zip(cases, expected) {
            let signature = SignatureV4(region: given.region, service: given.service, pathStyle: given.style)
            let headers = signature.headers(signing: given.request, with: given.credentials, at: given.time)
            let authorization = try #require(headers.first { $0.name == "authorization" }?.value)
            let wanted = try #require(expected["signature"]?.stringValue)
            let signed = try #require(expected["signed"]?.stringValue)
            #expect(
                authorization.hasSuffix("SignedHeaders=\(signed), Signature=\(wanted)"),
                "\(expected["canonical"]?.stringValue ?? "")")
        }
    }
}
