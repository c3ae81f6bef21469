DROP INDEX main.idx_strategies_key;
-- The strategy `Plan` stays: the original uses it too, and values may name it.
ALTER TABLE main.features ALTER COLUMN metadata TYPE text USING
    CASE
        WHEN jsonb_typeof(metadata -> 'unparsedText') = 'string' AND metadata - 'unparsedText' = '{}'
            THEN metadata ->> 'unparsedText'
        ELSE metadata::text
    END;
