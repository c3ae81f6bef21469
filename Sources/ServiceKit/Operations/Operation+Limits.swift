import HTTPTypes

/// The limit of calls about one account, whoever makes them.
package struct OperationAccountLimit: Sendable {
    let limit: RateLimit
    /// What is counted, such as `POST /leads recipient`.
    let name: String
    /// The account that a call is about; nil for a call that names none, and is refused for another reason.
    let account: @Sendable (OperationRequest) -> String?

    package init(
        _ limit: RateLimit, _ name: String, account: @escaping @Sendable (OperationRequest) -> String?
    ) {
        self.limit = limit
        self.name = name
        self.account = account
    }
}

extension Operation {
    /// The operation without limits of calls: what monitors and browsers ask for.
    func withoutLimits() -> Operation {
        var operation = self
        operation.hasLimits = false
        return operation
    }

    /// Whether a call may be refused by a limit, as far as documents say.
    var canBeLimited: Bool { hasLimits && (security != .none || rateLimit != nil || accountLimit != nil) }

    /// The class by which its calls are counted; nil for none.
    package var rateLimitClass: RateLimitClass? { hasLimits ? RateLimitClass(self) : nil }
}

extension RateLimitClass {
    /// The class of an operation.
    init(_ operation: Operation) {
        switch operation.security {
        case .none, .leadKey: self = .publicCalls
        case .signature, .basic, .eventSender: self = .callbacks
        case .bearer, .anyIdentity:
            guard operation.method == .get else {
                self = .write
                return
            }
            let isList = operation.parameters.contains {
                $0.location == .query && ["filter", "where"].contains($0.name)
            }
            self = isList && !operation.path.hasSuffix("}") ? .search : .read
        }
    }
}
