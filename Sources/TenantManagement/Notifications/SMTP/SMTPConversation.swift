import FoundationEssentials

/// One mail's talk with a mail server (RFC 5321 section 3) as a pure state machine: replies come in, actions go out.
///
/// One command at a time, so each reply belongs to the step that is current.
package struct SMTPConversation: Sendable {
    /// What is to be sent, and how.
    package struct Plan: Sendable {
        var sender: MailAddress
        var recipient: MailAddress
        /// Lines ended by CRLF.
        var message: String
        var credentials: SMTPCredentials?
        /// Whether STARTTLS (RFC 3207) must come before anything that matters.
        var needsStartTLS: Bool
        /// How the client names itself: a domain or an address literal.
        var clientName: String

        /// Makes a plan.
        package init(
            sender: MailAddress, recipient: MailAddress, message: String, credentials: SMTPCredentials? = nil,
            needsStartTLS: Bool = false, clientName: String = "[127.0.0.1]"
        ) {
            self.sender = sender
            self.recipient = recipient
            self.message = message
            self.credentials = credentials
            self.needsStartTLS = needsStartTLS
            self.clientName = clientName
        }
    }

    /// What to do next.
    package enum Action: Sendable, Hashable {
        /// Send these bytes, which may be a secret, and wait for a reply.
        case send([UInt8])
        /// Begin TLS, then call ``SMTPConversation/secured()``.
        case startTLS
        /// Say QUIT and hang up. The mail was taken when there is no error.
        case finish(SMTPError?)

        var isFinish: Bool { if case .finish = self { true } else { false } }
    }

    private enum Authentication {
        case plain
        case loginUser
        case loginPassword
        case loginResult
    }

    /// The step whose reply is awaited.
    package private(set) var step: SMTPError.Step = .greeting

    private let plan: Plan
    private var isSecured = false
    private var authentication = Authentication.plain
    /// Upper-case keyword and parameters of each line of the EHLO reply.
    private var extensions: [String: [String]] = [:]

    /// A conversation that waits for the greeting.
    package init(plan: Plan) { self.plan = plan }

    /// Takes the reply to the current step.
    package mutating func receive(_ reply: SMTPReply) -> Action {
        guard reply.code < 400 else {
            return .finish(.rejected(step, code: reply.code, enhancedStatus: reply.enhancedStatus))
        }
        switch (step, reply.code) {
        case (.greeting, 220): return hello()
        case (.hello, 250): return greeted(reply)
        case (.startTLS, 220): return .startTLS
        case (.authentication, _): return authenticationReply(reply.code)
        case (.sender, 250):
            return command(.recipient, "RCPT TO:<\(plan.recipient.specification)>")
        case (.recipient, 250), (.recipient, 251): return command(.data, "DATA")
        case (.data, 354):
            step = .message
            return .send(Self.dotStuffed(plan.message))
        case (.message, 250): return .finish(nil)
        default: return .finish(.unexpectedReply(step))
        }
    }

    /// TLS is established: everything learned before is forgotten (RFC 3207 section 4.2).
    package mutating func secured() -> Action {
        isSecured = true
        extensions = [:]
        return hello()
    }

    // MARK: Steps

    private mutating func hello() -> Action { command(.hello, "EHLO \(plan.clientName)") }

    private mutating func greeted(_ reply: SMTPReply) -> Action {
        for line in reply.lines.dropFirst() {
            // Some old servers write `AUTH=LOGIN`.
            let words = line.uppercased().split { $0 == " " || $0 == "=" }.map(String.init)
            if let keyword = words.first { extensions[keyword, default: []] += words.dropFirst() }
        }
        if plan.needsStartTLS && !isSecured {
            return extensions["STARTTLS"] == nil
                ? .finish(.unsupported(.startTLS)) : command(.startTLS, "STARTTLS")
        }
        guard let credentials = plan.credentials else { return mailFrom() }
        let mechanisms = extensions["AUTH"] ?? []
        if mechanisms.contains("PLAIN") {
            authentication = .plain
            return command(
                .authentication, "AUTH PLAIN \(Self.base64("\0\(credentials.username)\0\(credentials.password)"))")
        }
        guard mechanisms.contains("LOGIN") else { return .finish(.unsupported(.authentication)) }
        authentication = .loginUser
        return command(.authentication, "AUTH LOGIN")
    }

    /// RFC 4954. LOGIN asks for the name, then for the password; its words for that are not standardized.
    private mutating func authenticationReply(_ code: Int) -> Action {
        guard let credentials = plan.credentials else { return .finish(.unexpectedReply(step)) }
        switch (authentication, code) {
        case (.plain, 235), (.loginResult, 235): return mailFrom()
        case (.loginUser, 334):
            authentication = .loginPassword
            return command(.authentication, Self.base64(credentials.username))
        case (.loginPassword, 334):
            authentication = .loginResult
            return command(.authentication, Self.base64(credentials.password))
        default: return .finish(.unexpectedReply(step))
        }
    }

    private mutating func mailFrom() -> Action {
        let from = "MAIL FROM:<\(plan.sender.specification)>"
        guard plan.sender.needsUTF8 || plan.recipient.needsUTF8 else { return command(.sender, from) }
        guard extensions["SMTPUTF8"] != nil else { return .finish(.unsupported(.internationalAddresses)) }
        return command(.sender, from + " SMTPUTF8")
    }

    // MARK: Writing

    private mutating func command(_ step: SMTPError.Step, _ line: String) -> Action {
        self.step = step
        return .send(Array(line.utf8) + "\r\n".utf8)
    }

    private static func base64(_ text: String) -> String { Data(text.utf8).base64EncodedString() }

    /// The message with a dot before each line that begins with one, and the line that ends it (RFC 5321 section
    /// 4.5.2). A bare CR or LF becomes CRLF: servers disagree about them, and smuggled mails live on that.
    package static func dotStuffed(_ message: String) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(message.utf8.count + 16)
        var isLineStart = true
        var previous: UInt8?
        for byte in message.utf8 {
            switch byte {
            case UInt8(ascii: "\r"):
                result += "\r\n".utf8
                isLineStart = true
            case UInt8(ascii: "\n"):
                if previous != UInt8(ascii: "\r") { result += "\r\n".utf8 }
                isLineStart = true
            default:
                if isLineStart && byte == UInt8(ascii: ".") { result.append(byte) }
                result.append(byte)
                isLineStart = false
            }
            previous = byte
        }
        if !isLineStart { result += "\r\n".utf8 }
        result += ".\r\n".utf8
        return result
    }
}
