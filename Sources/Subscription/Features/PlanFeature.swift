import Entities
import JSONCoding
import Primitives

/// A feature as a plan has it (docs/contract/arc-api.md 6.1): what it is, and the value that the plan gives it.
enum PlanFeature {
    /// Members of the feature itself.
    static let members: [any EntityField] = [
        Entity.id, Feature.key, Feature.name, Feature.description, Feature.type, Feature.defaultValue, Feature.metadata,
    ]
    /// Features that one request may name.
    static let maximumItems = 1000

    private static let valueMembers: [any EntityField] = [
        Entity.id, FeatureValue.featureKey, FeatureValue.strategyKey, FeatureValue.strategyEntityID,
        FeatureValue.status,
        FeatureValue.value,
    ]

    /// The answer of `GET /plans/{id}/features`.
    static let schema: Schema = {
        let value = Schema.object(properties(FeatureValue.entity, valueMembers), name: "PlanFeatureValue")
            .described("The value of the feature in the plan; `featureKey` is the feature's id")
        let feature = Schema.object(
            properties(Feature.entity, members) + [.init("value", value)], name: "PlanFeature")
        return .object(
            properties(Plan.entity, [Entity.id, Plan.name, Plan.tier, Plan.size])
                + [.init("features", .array(of: feature), required: true)], name: "PlanWithFeatures")
    }()

    private static func properties(_ entity: Entity, _ fields: [any EntityField]) -> [Schema.Property] {
        let names = Set(fields.map(\.name))
        return entity.schema.properties.filter { names.contains($0.name) }
    }

    private static let identifier = Schema.string(format: .uuid)

    /// The body of `POST /plans/{id}/features`.
    static let newSchema = Schema.array(
        of: FeatureValue.entity.newSchema.optional().requiring(FeatureValue.featureKey).adding(
            .init(Entity.id, identifier.described("Optional id chosen by the client; generated if omitted"))
        ).named("NewPlanFeatureValue").described(
            "A feature by its key or id, with the plan's value. The strategy is always this plan's."),
        minItems: 1, maxItems: maximumItems)

    /// The body of `PATCH /plans/{id}/features`.
    static let changeSchema = Schema.array(
        of: FeatureValue.entity.partialSchema.requiring(Entity.id).named("PlanFeatureValueChange").described(
            "A value of this plan by its id, with the members to change. The strategy is always this plan's."),
        minItems: 1, maxItems: maximumItems)

    /// Writes the answer of `GET /plans/{id}/features`.
    static func write(_ contents: PlanFeatureRepository.Contents, to writer: inout JSONWriter) throws {
        // Values of the strategy for plans come before those of others; of several, the oldest counts.
        var values: [ExactText: Record] = [:]
        for isPlan in [true, false] {
            for value in contents.values where (try value[FeatureValue.strategyKey] == Strategy.plan) == isPlan {
                let key = ExactText(try value[FeatureValue.featureKey])
                if values[key] == nil { values[key] = value }
            }
        }
        writer.beginObject()
        writer.member(Entity.id, try contents.plan.id)
        writer.member(Plan.name, try contents.plan[Plan.name])
        writer.member(Plan.tier, try contents.plan[Plan.tier])
        writer.member(Plan.size, try contents.plan[ifPresent: Plan.size])
        writer.key("features")
        writer.beginArray()
        for feature in contents.features {
            let (id, key) = (try feature.id, ExactText(try feature[Feature.key]))
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
        writer.member(Entity.id, try value.id)
        writer.member(FeatureValue.featureKey, feature)
        writer.member(FeatureValue.strategyKey, try value[FeatureValue.strategyKey])
        writer.member(FeatureValue.strategyEntityID, try value[ifPresent: FeatureValue.strategyEntityID])
        writer.member(FeatureValue.status, try value[FeatureValue.status])
        writer.member(FeatureValue.value, try value[ifPresent: FeatureValue.value])
        writer.endObject()
    }
}
