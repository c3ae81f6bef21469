package import Configuration

/// A setting that changes while a service runs, on SIGHUP.
package struct ReloadableSetting: Sendable {
    /// Makes what was read count. It cannot fail, and requests that are running keep what they began with.
    package typealias Change = @Sendable () -> Void

    /// As the log names it, such as `rate limits`.
    package let name: String
    /// Reads and checks the setting, and changes nothing. Nil: it is as before.
    let prepare: @Sendable (ConfigReader) throws -> Change?

    /// - Parameter prepare: Throws `ConfigurationFailure` that names the variable.
    package init(_ name: String, prepare: @escaping @Sendable (ConfigReader) throws -> Change?) {
        self.name = name
        self.prepare = prepare
    }

    /// A value that is read as a whole.
    /// - Parameters:
    ///   - current: The value in use.
    ///   - read: Throws `ConfigurationFailure`.
    ///   - use: Makes another value the one in use.
    package init<Value: Sendable & Equatable>(
        _ name: String, current: @escaping @Sendable () -> Value,
        read: @escaping @Sendable (ConfigReader) throws -> Value, use: @escaping @Sendable (Value) -> Void
    ) {
        self.init(name) { (reader: ConfigReader) throws -> Change? in
            let value = try read(reader)
            guard value != current() else { return nil }
            let change: Change = { use(value) }
            return change
        }
    }
}
