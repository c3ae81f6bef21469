-- Of two resources of one name the newest stays: the version before cannot tell them apart.
DELETE FROM main.resources AS older USING main.resources AS newer
WHERE older.tenant_id = newer.tenant_id AND older.external_identifier = newer.external_identifier
    AND (older.created_on, older.id) < (newer.created_on, newer.id);
CREATE UNIQUE INDEX idx_resource_ext_id ON main.resources (external_identifier, tenant_id);
ALTER TABLE main.resources ADD CONSTRAINT idx_resource_ext_id UNIQUE USING INDEX idx_resource_ext_id;
DROP INDEX main.idx_resource_type_ext_id;
