import ArgumentParser
import JSONCoding
import ServicePlatform

extension AuditCommand {
    /// `arc audit export`.
    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write a chain as JSON lines that anybody can verify.",
            discussion: """
                Each line has `sequence`, `hash`, `item`, `actor`, `actorSalt`, `content` and `contentSalt`. The hash of a row is
                the SHA-256, in base 16, of the hash of the row before it (nothing before the first) followed by `item`. The last
                two texts in `item` are the SHA-256 of `actorSalt` followed by `actor`, and of `contentSalt` followed by
                `content`, which is an array of the values before and after. A row whose salt is null lost that part by an
                erasure of personal data. Rows that have no place in the chain yet are left out.
                """)

        @OptionGroup var options: Options
        @OptionGroup var chain: ChainOption

        func validate() throws {
            guard chain.tenant != nil else { throw ValidationError("Specify --tenant.") }
        }

        func run() async throws {
            guard let identifier = chain.identifier else { return }
            if options.service == nil, try CommandSupport.settingsWithDatabase(for: "arc audit export") != nil {
                throw ValidationError("Specify --service for a database that is not that of `arc up`.")
            }
            try await options.forEach("arc audit export") { service, pool, _ in
                try await AuditExport(pool: pool).run(identifier) { object in
                    var object = object
                    object["service"] = .string(service.rawValue)
                    CommandSupport.printLine(JSONValue.object(object).serializedText())
                }
            }
        }
    }
}
