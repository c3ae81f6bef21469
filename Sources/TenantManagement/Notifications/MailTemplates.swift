import Primitives

/// The words of the mails.
enum MailTemplates {
    static func mail(for notification: Notification, id: Identifier) -> Mail {
        switch notification {
        case .leadVerification(let to, let name, let link):
            Mail(
                id: id, recipient: to, subject: "Please confirm your e-mail address",
                text: """
                    Hello \(oneLine(name)),

                    please confirm your e-mail address by opening this link:

                    \(oneLine(link))

                    The link works once and for a short time. If you did not register, ignore this mail.
                    """)
        case .leadKnown(let to):
            Mail(
                id: id, recipient: to, subject: "You are registered already",
                text: """
                    Hello,

                    somebody has just registered with this e-mail address. It is registered and confirmed already, so
                    nothing has changed and there is nothing to do.

                    If it was you, go on with the registration that you have. Otherwise, ignore this mail.
                    """)
        case .tenantWelcome(let to, let tenant, let user, let link):
            Mail(
                id: id, recipient: to, subject: "\(oneLine(tenant)) is ready",
                text: """
                    Hello \(oneLine(user)),

                    everything is set up for \(oneLine(tenant)). You find it here:

                    \(oneLine(link))
                    """)
        }
    }

    /// What people have typed must not become lines, or headers, of its own.
    private static func oneLine(_ text: String) -> String {
        String(text.map { $0.isNewline ? " " : $0 })
    }
}
