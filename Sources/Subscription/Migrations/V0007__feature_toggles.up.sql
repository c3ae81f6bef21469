-- The original keeps `metadata` serialised in a text. Here it is an object; what is none stays readable in one.
CREATE FUNCTION main.metadata_object(content text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    parsed jsonb;
BEGIN
    IF content IS NULL THEN
        RETURN NULL;
    END IF;
    BEGIN
        parsed := content::jsonb;
    EXCEPTION WHEN data_exception OR program_limit_exceeded THEN
        parsed := NULL;
    END;
    RETURN CASE WHEN jsonb_typeof(parsed) = 'object' THEN parsed ELSE jsonb_build_object('unparsedText', content) END;
END
$$;
-- Changes no row as far as anybody can tell: triggers do not fire, versions and dates stay.
ALTER TABLE main.features ALTER COLUMN metadata TYPE jsonb USING main.metadata_object(metadata);
DROP FUNCTION main.metadata_object(text);

-- The strategy of plan features, which the original uses and never seeds (contract section 8.4).
INSERT INTO main.strategies (name, key, priority)
SELECT 'Plan', 'Plan', 4
WHERE NOT EXISTS (SELECT FROM main.strategies WHERE key = 'Plan' AND NOT deleted);

CREATE INDEX idx_strategies_key ON main.strategies (key);
