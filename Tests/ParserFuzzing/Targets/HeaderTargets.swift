import PostgresClient

@testable import Primitives
@testable import ServiceKit

extension FuzzTarget {
    /// A list of tags is read as a whole or not at all.
    static let entityTags = FuzzTarget.text("entity-tags", tokens: ["\"", "W/\"", "*", "\"7\"", "\"7-3f2a\"", ", "]) {
        text in
        guard let list = EntityTagList(header: text) else { return "refused" }
        guard case .tags(let tags) = list else { return "any" }
        try FuzzViolation.unless((1...EntityTagList.maximumCount).contains(tags.count), "\(tags.count) tags")
        let written = tags.map { ($0.isWeak ? "W/" : "") + $0.text }.joined(separator: ", ")
        try FuzzViolation.unless(EntityTagList(header: written) == list, "written and read again it is different")
        return "tags \(min(tags.count, 4)) \(list.versions(includingWeak: true).count)"
    }

    /// Qualities are between 0 and 1.
    static let acceptedMedia = FuzzTarget.text(
        "accept",
        tokens: ["application/json", "application/problem+json", "*/*", ";q=", "0.5", "1.001", "nan", "inf", "0x1p3"]
    ) { text in
        let media = AcceptedMedia(header: text)
        let quality = media.quality(ofApplication: "application/problem+json")
        try FuzzViolation.unless((0...1).contains(quality), "the quality \(quality)")
        return "\(quality > 0) \(media.named("application/json") != nil)"
    }

    static let preferences = FuzzTarget.text(
        "prefer", tokens: ["return=representation", "count=exact", ";", ",", "\""]
    ) { text in
        let preferences = Preferences(header: text)
        return "\(preferences.wantsRepresentation) \(preferences.wantsTotalCount)"
    }

    /// An address is the same when its text is read.
    static let forwardedAddress = FuzzTarget.text(
        "forwarded-address", tokens: ["[", "]:80", "::ffff:", "192.0.2.1", "%eth0", ":"]
    ) { text in
        guard let address = ClientAddress(forwarded: text) else { return "refused" }
        try FuzzViolation.unless(ClientAddress(address.description) == address, "the text is not stable")
        try FuzzViolation.unless(address.network.utf8.count <= 64, "a long network")
        return "address \(address.network == address.description)"
    }

    /// A trace is passed on as it came.
    static let traceContext = FuzzTarget.text("traceparent", tokens: ["00-", "-01", "ff-"]) { text in
        guard let trace = TraceContext(text) else { return "refused" }
        try FuzzViolation.unless(TraceContext(trace.traceparent) == trace, "written and read again it is different")
        return "trace"
    }

    /// Positions are the same when their texts are read.
    static let writePositions = FuzzTarget.text("write-position", tokens: ["0", ",", " ", "-", "000000ab-1-9"]) {
        text in
        guard let positions = WritePositions(text) else { return "refused" }
        let again = positions.positions.map(\.description).joined(separator: ",")
        try FuzzViolation.unless(
            WritePositions(again.isEmpty ? "0" : again) == positions, "written and read again they are different")
        return "\(min(2, positions.positions.count)) positions"
    }

    /// An instant is the same when its text is read, to the millisecond.
    static let timestamp = FuzzTarget.text(
        "timestamp", tokens: ["T", "Z", "+14:00", "-00:00", ".123456789", "9999-12-31", "02-29"]
    ) { text in
        guard let instant = Timestamp(iso8601: text) else { return "refused" }
        guard let again = Timestamp(iso8601: instant.description) else {
            throw FuzzViolation(description: "the text is unreadable")
        }
        try FuzzViolation.unless(again.description == instant.description, "\(again) instead of \(instant)")
        return "instant"
    }

    /// Encoded text decodes to what it was.
    static let percentEncoding = FuzzTarget.text("percent-encoding", tokens: ["%", "%2", "%00", "%FF", "%C3%A9", "+"]) {
        text in
        let encoded = PercentEncoding.encode(text)
        try FuzzViolation.unless(encoded.utf8.count <= 3 * text.utf8.count, "it grows too much")
        try FuzzViolation.unless(
            PercentEncoding.decode(encoded)?.hasSameBytes(as: text) == true, "decoded it is different")
        try FuzzViolation.unless(
            PercentEncoding.decodeLeniently(Array(text.utf8)).utf8.count <= 3 * text.utf8.count, "decoded it grows")
        return PercentEncoding.decode(text) == nil ? "malformed" : "fine"
    }

    /// Limits of calls, as variables and as a file: what is accepted is in range.
    static let limits = FuzzTarget.text(
        "limits", tokens: ["read=", ",", "\"tenant\":{", "\"plans\":{", "\"write\":60", "1000001"]
    ) { text in
        var rules = RateLimitRules()
        let isFile = (try? rules.merge(Array(text.utf8))) != nil
        let calls = RateLimitRules.calls(text)
        var numbers = calls.map { Array($0.values) } ?? []
        for rateClass in RateLimitClass.allCases {
            let limits = [rules.address, rules.caller, rules.tenant] + rules.plans.values
            numbers += limits.compactMap { $0[rateClass]?.limit }
        }
        numbers += [rules.requests, rules.failures].compactMap { $0?.limit }
        try FuzzViolation.unless(
            numbers.allSatisfy { RateLimitRules.range.contains($0) }, "a limit is out of range: \(numbers)")
        return "\(isFile) \(calls != nil) \(min(rules.plans.count, 3))"
    }
}
