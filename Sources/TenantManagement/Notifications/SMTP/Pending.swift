import Configuration
import Logging
struct SMTPConfiguration { init(reader: ConfigReader) throws {} }
struct SMTPTransport: NotificationTransport { let configuration: SMTPConfiguration; let logger: Logger; func send(_ mail: Mail) async throws {} }
enum MessageFormat { static func rfc5322(_ mail: Mail, from: String) -> String { mail.text } }
