import Entities
import JSONCoding
import ServiceKit

/// What one type of callback does. To add a type, write a handler and add it to the list in `Assembly/CallbackHandlers.swift`.
protocol CallbackHandler: Sendable {
    var type: CallbackType { get }

    /// The kind of request that such a callback reports on; nil if it may be any.
    var kind: ProvisioningKind? { get }

    /// Applies a callback whose signature was verified. The same callback again has no further effect, and is no error.
    /// - Throws: ``CallbackError/refused`` when the callback no longer concerns the tenant; `ValidationFailure` for data that is
    ///   not of this type, with paths that begin with `/data`.
    func apply(_ callback: VerifiedCallback, in context: WriteContext) async throws
}

/// A callback whose signature was verified.
struct VerifiedCallback: Sendable {
    let delivery: WebhookVerifier.Delivery
    /// The member `data`; empty if it is missing.
    let data: JSONObject
    /// Distinguishes repetitions from other callbacks.
    let digest: CallbackDigest
    /// How far the run was, if the report of its outcome says so; nil for callbacks of other types.
    let progress: ProvisioningProgress?
}
