import LocalStack

/// Reads the mails that the file transport has written.
struct MailOutbox: Sendable {
    let folder: String

    /// Waits for a mail that contains a text, and returns the newest one.
    /// - Throws: ``CommandFailure`` when the folder does not exist or no such mail arrives.
    func mail(containing text: String, within limit: Duration = .seconds(15)) async throws -> String {
        guard FileSystem.isFolder(folder) else {
            throw CommandFailure(
                description: "the folder \(folder) does not exist; set --outbox to the services' folder")
        }
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            for name in FileSystem.names(in: folder).sorted().reversed() where name.hasSuffix(".eml") {
                guard let raw = try FileSystem.read("\(folder)/\(name)") else { continue }
                let isEncoded = raw.lowercased().contains("content-transfer-encoding: quoted-printable")
                let decoded = isEncoded ? Self.decodeQuotedPrintable(raw) : raw
                if decoded.contains(text) { return decoded }
            }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw CommandFailure(
            description:
                "no mail with \(text) arrived in \(folder). The services must run with NOTIFICATION_TRANSPORT=file and with NOTIFICATION_OUTBOX_PATH set to a folder that this command can read (--outbox)"
        )
    }

    /// RFC 2045 section 6.7: soft line breaks joined, escapes resolved.
    private static func decodeQuotedPrintable(_ text: String) -> String {
        var result: [UInt8] = []
        let bytes = Array(text.utf8)
        var index = 0
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "=") else {
                result.append(bytes[index])
                index += 1
                continue
            }
            if index + 1 < bytes.count, bytes[index + 1] == UInt8(ascii: "\n") {
                index += 2
            } else if index + 2 < bytes.count, bytes[index + 1] == UInt8(ascii: "\r") {
                index += 3
            } else if index + 2 < bytes.count,
                let value = UInt8(String(decoding: bytes[(index + 1)...(index + 2)], as: UTF8.self), radix: 16)
            {
                result.append(value)
                index += 3
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
