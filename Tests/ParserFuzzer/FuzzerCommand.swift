#if !LIBFUZZER
import Foundation
import ParserFuzzing

/// `parser-fuzzer`: tries mutations at the parsers, each in a process of its own, so that one that ends with a trap loses
/// nothing. Input and seed of a failure are printed, and the input is kept and made smaller.
@main struct FuzzerCommand {
    static func main() async {
        do {
            let options = try FuzzerOptions(Array(CommandLine.arguments.dropFirst()))
            switch options.mode {
            case .help: write(FuzzerOptions.help)
            case .worker(let target, let slot): try await FuzzerWorker(target, options).run(slot: slot)
            case .replay(let target, let path): try await FuzzerWorker(target, options).replay(path)
            case .all(let targets): exit(try await FuzzerSupervisor(options).run(targets) ? 0 : 1)
            }
        } catch {
            FileHandle.standardError.write(Data("parser-fuzzer: \(error)\n".utf8))
            exit(error is FuzzFailure ? FuzzerWorker.violation : 2)
        }
    }

    static func write(_ line: String) { FileHandle.standardOutput.write(Data("\(line)\n".utf8)) }
}

/// The arguments of a run.
struct FuzzerOptions: Sendable {
    enum Mode: Sendable {
        case help
        case all([FuzzTarget])
        /// Tries inputs at one target, and writes each into a file before.
        case worker(FuzzTarget, slot: String)
        /// Tries the input in a file.
        case replay(FuzzTarget, String)
    }

    struct Mistake: Error, CustomStringConvertible {
        let description: String
    }

    var mode = Mode.all(FuzzTargets.all)
    var seconds = 10
    var seed = UInt64.random(in: 1...UInt64(UInt32.max))
    var corpus = FuzzCorpus.committed
    var crashes = ".build-fuzz/crashes"

    static let help = """
        usage: parser-fuzzer [--target NAME] [--seconds N] [--seed N] [--corpus FOLDER] [--crashes FOLDER]
               parser-fuzzer --target NAME --replay FILE

        Tries mutations of the corpus for N seconds (10) at each parser, or at one. The same seed gives the same inputs in the
        same order, except for jwt and api-key, whose runs begin with new credentials; an input that fails is kept.
        Exit code: 0 nothing was found, 1 something was found, 2 wrong arguments.

        Targets: \(FuzzTargets.all.map(\.name).joined(separator: " "))
        """

    init(_ arguments: [String]) throws(Mistake) {
        var target: FuzzTarget?
        var worker: String?
        var replay: String?
        var rest = arguments[...]
        while let option = rest.popFirst() {
            if option == "--help" || option == "-h" {
                mode = .help
                return
            }
            guard let value = rest.popFirst() else { throw Mistake(description: "\(option) needs a value; see --help") }
            switch option {
            case "--target":
                guard let known = FuzzTargets.named(value) else {
                    throw Mistake(description: "there is no target \(value); see --help")
                }
                target = known
            case "--seconds":
                guard let number = Int(value), (1...86_400).contains(number) else {
                    throw Mistake(description: "--seconds must be 1 to 86400")
                }
                seconds = number
            case "--seed":
                guard let number = UInt64(value) else { throw Mistake(description: "--seed must be a number") }
                seed = number
            case "--corpus": corpus = FuzzCorpus(URL(fileURLWithPath: value))
            case "--crashes": crashes = value
            case "--worker": worker = value
            case "--replay": replay = value
            default: throw Mistake(description: "\(option) is unknown; see --help")
            }
        }
        if let target { mode = .all([target]) }
        if let target, let worker { mode = .worker(target, slot: worker) }
        if let target, let replay { mode = .replay(target, replay) }
        if target == nil, replay != nil { throw Mistake(description: "--replay needs --target") }
    }
}
#endif
