import ArgumentParser

/// `arc billing`: proves that the money adds up.
struct BillingCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "billing", abstract: "Check the ledger and the invoices.", subcommands: [Check.self])
}
