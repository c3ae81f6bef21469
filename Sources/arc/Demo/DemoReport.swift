import JSONCoding

/// Runs the steps of the demo and reports the result of each.
actor DemoReport {
    private struct Step {
        let name: String
        let milliseconds: Double
        let result: String
        let isDone: Bool
    }

    private let isJSON: Bool
    private var steps: [Step] = []

    init(isJSON: Bool) { self.isJSON = isJSON }

    /// Runs a step; its text describes the result.
    /// - Throws: what the step throws, after it was reported.
    func step<Value: Sendable>(
        _ name: String, _ body: @Sendable () async throws -> (Value, String)
    ) async throws -> Value {
        let start = ContinuousClock.now
        do {
            let (value, result) = try await body()
            add(Step(name: name, milliseconds: Self.elapsed(start), result: result, isDone: true))
            return value
        } catch {
            add(Step(name: name, milliseconds: Self.elapsed(start), result: "\(error)", isDone: false))
            throw error
        }
    }

    private func add(_ step: Step) {
        steps.append(step)
        guard !isJSON else { return }
        let time = String(Int(step.milliseconds.rounded()))
        let padded = String(repeating: " ", count: max(0, 6 - time.count)) + time
        CommandSupport.printLine("\(step.isDone ? "ok  " : "FAIL") \(padded) ms  \(step.name): \(step.result)")
    }

    private static func elapsed(_ start: ContinuousClock.Instant) -> Double {
        let parts = (ContinuousClock.now - start).components
        return Double(parts.seconds) * 1000 + Double(parts.attoseconds) / 1e15
    }

    /// Prints the summary, or all steps as one JSON object.
    func finish(succeeded: Bool) {
        if isJSON {
            var writer = JSONWriter()
            writer.beginObject()
            writer.key("succeeded")
            writer.bool(succeeded)
            writer.key("steps")
            writer.beginArray()
            for step in steps {
                writer.beginObject()
                writer.key("name")
                writer.string(step.name)
                writer.key("ok")
                writer.bool(step.isDone)
                writer.key("milliseconds")
                writer.double((step.milliseconds * 100).rounded() / 100)
                writer.key("result")
                writer.string(step.result)
                writer.endObject()
            }
            writer.endArray()
            writer.endObject()
            CommandSupport.printLine(String(decoding: writer.bytes, as: UTF8.self))
        } else {
            let total = Int(steps.reduce(0) { $0 + $1.milliseconds }.rounded())
            CommandSupport.printLine(
                succeeded
                    ? "All \(steps.count) steps succeeded in \(total) ms."
                    : "The last step failed. See the logs of the services, or run `arc doctor`.")
        }
    }
}
