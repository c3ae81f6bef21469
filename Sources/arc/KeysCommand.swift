import ArgumentParser

/// `arc keys`: the keys that protect stored values.
struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Replace the keys that protect stored values.",
        subcommands: [Rotate.self])
}
