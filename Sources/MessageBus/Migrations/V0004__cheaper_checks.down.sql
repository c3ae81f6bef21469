CREATE INDEX deliveries_pending_by_lane ON main.deliveries (lane, (position + 0)) WHERE state < 1;
ALTER TABLE main.messages
    DROP CONSTRAINT messages_type_check, DROP CONSTRAINT messages_data_check,
    ADD CONSTRAINT messages_type_check CHECK (type ~ '^[A-Z][A-Z0-9_]{0,99}$'),
    ADD CONSTRAINT messages_data_check CHECK (json_typeof(data) = 'object');
