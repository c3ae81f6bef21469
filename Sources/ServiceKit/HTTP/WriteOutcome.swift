import HTTPTypes

/// Whether a write that has failed may have happened all the same.
package enum WriteOutcome {
    /// True when the client is told that the outcome is unknown, and when nobody knows what went wrong.
    package static func isUncertain(after error: any Error) -> Bool {
        let failure = FailureMapping.failure(for: error)
        return failure.code == HTTPFailure.outcomeUnknown.code || failure.status == .internalServerError
    }
}
