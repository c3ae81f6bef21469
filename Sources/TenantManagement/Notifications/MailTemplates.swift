import Primitives

/// The texts of the mails.
enum MailTemplates {
    static func mail(for notification: Notification, id: Identifier) -> Mail {
        switch notification {
        case .leadVerification(let to, let name, let link):
            Mail(
                id: id, recipient: to, subject: "Please confirm your e-mail address",
                text: """
                    \(salutation(name))

                    Please confirm your e-mail address by opening this link:

                    \(MailText.link(link) ?? "")

                    The link works once and expires soon. If you did not register, ignore this mail.
                    """)
        case .leadKnown(let to):
            Mail(
                id: id, recipient: to, subject: "You are registered already",
                text: """
                    Hello,

                    Somebody has just registered with this e-mail address. It is registered and confirmed already, so
                    nothing has changed and there is nothing to do.

                    If it was you, continue with your existing registration. Otherwise, ignore this mail.
                    """)
        case .tenantWelcome(let to, let tenant, let user, let link):
            Mail(
                id: id, recipient: to, subject: "\(MailText.name(tenant)) is ready",
                text: """
                    \(salutation(user))

                    Everything is set up for \(MailText.name(tenant)). \(place(link))
                    """)
        case .webhookDisabled(let to, let host, let reason):
            Mail(
                id: id, recipient: to, subject: "A webhook endpoint was disabled",
                text: """
                    Hello,

                    Your webhook endpoint at \(MailText.name(host)) was disabled because \(disabling(reason)).

                    Nothing is lost: what waits for it is kept, and is delivered once you enable the endpoint again. Events
                    that happen in the meantime are in the feed, and can be replayed.
                    """)
        case .billing(let to, let notice):
            Mail(id: id, recipient: to, subject: notice.subject, text: notice.text)
        case .invoice(let to, let notice):
            Mail(id: id, recipient: to, subject: notice.subject, text: notice.text)
        }
    }

    private static func disabling(_ reason: String) -> String {
        reason == "GONE" ? "it answered that it is gone (410)" : "all deliveries have failed for days"
    }

    private static func salutation(_ name: String) -> String {
        let name = MailText.name(name)
        return name.isEmpty ? "Hello," : "Hello \(name),"
    }

    private static func place(_ link: String) -> String {
        MailText.link(link).map { "You can find it here:\n\n\($0)" } ?? ""
    }
}

/// Makes texts of people and pipelines safe for the text of a mail.
enum MailText {
    private static let maximumNameLength = 200

    /// A name on one line that no mail program shows as a link: without control and direction characters, and without the
    /// punctuation of URLs, domains and addresses.
    static func name(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        var follows = false
        for scalar in text.unicodeScalars {
            var next = scalar
            if isInvisible(scalar) || "/\\:@<>[]()|".unicodeScalars.contains(scalar) { next = " " }
            // "evil.example" becomes "evil. example"; "J. Doe" stays.
            if follows, next != " " { result.append(" ") }
            follows = isDot(scalar)
            if next == " ", result.last == " " || result.isEmpty { continue }
            result.append(next)
            if result.count >= maximumNameLength { break }
        }
        while result.last == " " { result.removeLast() }
        return String(result)
    }

    /// An amount or a date: as a name, but a point between digits stays as it is.
    static func figures(_ text: String) -> String {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let isNumber = zip(parts, parts.dropFirst()).allSatisfy { isDigit($0.last) && isDigit($1.first) }
        guard isNumber else { return name(text) }
        return String(parts.map { name(String($0)) }.joined(separator: ".").prefix(maximumNameLength))
    }

    private static func isDigit(_ character: Character?) -> Bool {
        character.map { ("0"..."9").contains($0) } ?? false
    }

    /// The text itself if it is one http or https URL of visible ASCII characters, otherwise nil.
    static func link(_ text: String) -> String? {
        let isURL = text.hasPrefix("https://") || text.hasPrefix("http://")
        return isURL && text.utf8.count <= 2000 && text.utf8.allSatisfy { (0x21...0x7E).contains($0) } ? text : nil
    }

    /// Control, format (direction marks and zero-width characters among them), and separator characters.
    private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .spaceSeparator, .surrogate, .privateUse,
            .unassigned:
            true
        default: false
        }
    }

    /// The full stop and the characters that internationalized domain names treat alike (RFC 3490 section 3.1).
    private static func isDot(_ scalar: Unicode.Scalar) -> Bool {
        [".", "\u{3002}", "\u{FF0E}", "\u{FF61}", "\u{2024}"].contains(scalar)
    }
}
