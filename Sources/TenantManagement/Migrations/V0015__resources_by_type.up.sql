-- Two resources of one name and different type are two rows: a bucket "acme" and a database "acme".
-- A node of the version before cannot store resources from here on: it answers callbacks with 5xx, and their senders
-- repeat them until a node of this version accepts them.
CREATE UNIQUE INDEX idx_resource_type_ext_id ON main.resources (tenant_id, external_identifier, type);
ALTER TABLE main.resources DROP CONSTRAINT idx_resource_ext_id;
