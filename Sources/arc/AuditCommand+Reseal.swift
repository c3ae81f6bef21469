import ArgumentParser
import ServicePlatform

extension AuditCommand {
    /// `arc audit reseal`.
    struct Reseal: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Sign ends and checkpoints of chains under the current key.",
            discussion: """
                A part of replacing DATA_ENCRYPTION_KEY (`arc keys rotate --help`): run it as long as the old key is in
                DATA_DECRYPTION_KEYS. What is signed under none of the keys is left as it is and counted: verify it first.
                A key that `arc serve` refuses outside development is refused here, too.

                Exit status: 0 when everything is signed under the current key, 1 when the command could not do its work, 2
                when something was left.
                """)

        @OptionGroup var options: Options

        func run() async throws {
            var isComplete = true
            try await options.forEach("arc audit reseal", signs: true) { service, pool, sealer in
                let outcome = try await AuditResealing(pool: pool, sealer: sealer).run()
                CommandSupport.printLine(
                    "\(service.rawValue): \(outcome.signed) signed again, \(outcome.refused) that no key has signed")
                if outcome.refused > 0 { isComplete = false }
            }
            if !isComplete { throw ExitCode(2) }
        }
    }
}
