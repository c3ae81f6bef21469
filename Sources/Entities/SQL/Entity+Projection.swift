extension Entity {
    /// What a filter's `fields` leaves: the shown columns, and in any case `id`, because `Record.id` needs it, and what
    /// the rows are sorted by, because cursors need it. Secrets are bound to the tenant.
    func projection(_ fields: FieldSelection, relations: [RelatedProjection], order: [Order] = []) -> Projection {
        if fields == .all, relations.isEmpty { return allColumns }
        let columns = allColumns.columns.compactMap { column -> Projection.Column? in
            let isShown = column.isShown && fields.contains(column.field.name)
            let isNeeded =
                column.field.name == Entity.id.name || order.contains { $0.field == column.field.name }
                || (!secretFields.isEmpty && column.field.name == tenantField?.name)
            guard isShown || fields == .all || isNeeded else { return nil }
            return column.shown(isShown)
        }
        return Projection(columns, relations: relations)
    }
}
