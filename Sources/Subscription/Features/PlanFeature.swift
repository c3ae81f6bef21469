import Entities
import JSONCoding
import Primitives

/// A feature as a plan has it (docs/contract/arc-api.md 6.1): what it is, and the value that the plan gives it.
enum PlanFeature {
    /// Members of the feature itself.
    static let members = ["id", "key", "name", "description", "type", "defaultValue", "metadata"]
    /// Features that one request may name.
    static let maximumItems = 1000

    private static let valueMembers = ["id", "featureKey", "strategyKey", "strategyEntityId", "status", "value"]

    /// The answer of `GET /plans/{id}/features`.
    static let schema: Schema = {
        let value = Schema.object(properties(FeatureValue.entity, valueMembers), name: "PlanFeatureValue")
            .described("The value of the feature in the plan; `featureKey` is the feature's id")
        let feature = Schema.object(
            properties(Feature.entity, members) + [.init("value", value)], name: "PlanFeature")
        return .object(
            properties(Plan.entity, ["id", "name", "tier", "size"])
                + [.init("features", .array(of: feature), required: true)], name: "PlanWithFeatures")
    }()

    private static func properties(_ entity: Entity, _ names: [String]) -> [Schema.Property] {
        entity.schema.properties.filter { names.contains($0.name) }
    }

    private static let identifier = Schema.string(format: .uuid)

    /// The body of `POST /plans/{id}/features`.
    static let newSchema = Schema.array(
        of: FeatureValue.entity.newSchema.optional().requiring("featureKey").adding(
            .init("id", identifier.described("Optional id chosen by the client; generated if omitted"))
        ).named("NewPlanFeatureValue").described(
            "A feature by its key or id, with the plan's value. The strategy is always this plan's."),
        minItems: 1, maxItems: maximumItems)

    /// The body of `PATCH /plans/{id}/features`.
    static let changeSchema = Schema.array(
        of: FeatureValue.entity.partialSchema.requiring("id").named("PlanFeatureValueChange").described(
            "A value of this plan by its id, with the members to change. The strategy is always this plan's."),
        minItems: 1, maxItems: maximumItems)

    /// Writes the answer of `GET /plans/{id}/features`.
    static func write(_ contents: PlanFeatureRepository.Contents, to writer: inout JSONWriter) throws {
        // What the plan's own strategy says comes before what others say, then the first one counts.
        var values: [ExactText: Record] = [:]
        for isPlan in [true, false] {
            for value in contents.values where (try value.text("strategyKey") == Strategy.plan) == isPlan {
                let key = ExactText(try value.text("featureKey"))
                if values[key] == nil { values[key] = value }
            }
        }
        writer.beginObject()
        writer.member("id", try contents.plan.id)
        writer.member("name", try contents.plan.text("name"))
        writer.member("tier", try contents.plan.text("tier"))
        writer.member("size", try contents.plan.textIfPresent("size"))
        writer.key("features")
        writer.beginArray()
        for feature in contents.features {
            let (id, key) = (try feature.id, ExactText(try feature.text("key")))
            writer.beginObject()
            feature.writeMembers(to: &writer)
            if let value = values[ExactText(id.description)] ?? values[key] {
                writer.key("value")
                try write(value, of: id, to: &writer)
            }
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
    }

    private static func write(_ value: Record, of feature: Identifier, to writer: inout JSONWriter) throws {
        writer.beginObject()
        writer.member("id", try value.id)
        writer.member("featureKey", feature)
        writer.member("strategyKey", try value.text("strategyKey"))
        writer.member("strategyEntityId", try value.identifierIfPresent("strategyEntityId"))
        writer.member("status", try value.boolean("status"))
        writer.member("value", try value.textIfPresent("value"))
        writer.endObject()
    }
}
