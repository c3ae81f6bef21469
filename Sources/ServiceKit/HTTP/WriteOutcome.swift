import HTTPTypes

/// Whether a write that has failed may have happened all the same.
package enum WriteOutcome {
    /// True when the client gets a response that says that the outcome is unknown, and when the cause is not known.
    package static func isUncertain(after error: any Error) -> Bool {
        let failure = FailureMapping.failure(for: error)
        return failure.code == HTTPFailure.outcomeUnknown.code || failure.status == .internalServerError
    }
}
