/// The comparisons of a database ($1: its schema) with the tables in the session's temporary schema, which are as they
/// should be. Each returns place, problem and repair, in SQL where that is possible.
extension SchemaInspection {
    /// Pairs of what should be (`e`) and what is (`a`).
    private static let pairs = """
        pg_class AS e
        LEFT JOIN pg_class AS a ON a.relname = e.relname AND a.relkind IN ('r', 'p')
            AND a.relnamespace = to_regnamespace(quote_ident($1::text))
        """

    /// Tables that are missing.
    static let tables = """
        SELECT format('%I.%I', $1::text, e.relname), 'the table is missing',
            'This is not a whole database of the original: restore it, or run the original''s migrations to their end.'
        FROM \(pairs)
        WHERE e.relnamespace = pg_my_temp_schema() AND e.relkind = 'r' AND a.oid IS NULL
        ORDER BY e.relname
        """

    /// Columns that are missing, of another type, or take NULL or no value where they should not, or the other way.
    static let columns = """
        SELECT format('%I.%I.%I', $1::text, c.relname, c.name), p.problem,
            format('ALTER TABLE %I.%I %s;', $1::text, c.relname, p.repair)
        FROM (
            SELECT e.relname, x.attnum AS position, x.attname AS name, y.attname IS NULL AS is_missing,
                format_type(x.atttypid, x.atttypmod) AS type, format_type(y.atttypid, y.atttypmod) AS other_type,
                x.attnotnull AS is_required, y.attnotnull AS is_other_required,
                CASE WHEN x.attnotnull AND x.atthasdef AND NOT y.atthasdef THEN pg_get_expr(d.adbin, d.adrelid) END
                    AS missing_default
            FROM \(pairs)
            JOIN pg_attribute AS x ON x.attrelid = e.oid AND x.attnum > 0 AND NOT x.attisdropped
            LEFT JOIN pg_attribute AS y ON y.attrelid = a.oid AND y.attnum > 0 AND NOT y.attisdropped
                AND y.attname = x.attname
            LEFT JOIN pg_attrdef AS d ON d.adrelid = e.oid AND d.adnum = x.attnum
            WHERE e.relnamespace = pg_my_temp_schema() AND e.relkind = 'r' AND a.oid IS NOT NULL
        ) AS c
        CROSS JOIN LATERAL (
            SELECT 'the column is missing' AS problem, format('ADD COLUMN %I %s', c.name, c.type) AS repair
            WHERE c.is_missing
            UNION ALL
            SELECT format('is %s and should be %s', c.other_type, c.type),
                format('ALTER COLUMN %I TYPE %s', c.name, c.type)
            WHERE c.other_type <> c.type
            UNION ALL
            SELECT 'accepts NULL and should not', format('ALTER COLUMN %I SET NOT NULL', c.name)
            WHERE c.is_required AND NOT c.is_other_required
            UNION ALL
            SELECT 'does not accept NULL and should', format('ALTER COLUMN %I DROP NOT NULL', c.name)
            WHERE c.is_other_required AND NOT c.is_required
            UNION ALL
            SELECT 'has no default', format('ALTER COLUMN %I SET DEFAULT %s', c.name, c.missing_default)
            WHERE c.missing_default IS NOT NULL
        ) AS p
        ORDER BY c.relname, c.position, p.problem
        """

    /// Columns that nothing here knows of and that every row must have a value for. Others do no harm.
    static let extraColumns = """
        SELECT format('%I.%I.%I', $1::text, e.relname, y.attname),
            'the original has no such column; it needs a value that nothing here would give it',
            format('ALTER TABLE %I.%I ALTER COLUMN %I DROP NOT NULL;', $1::text, e.relname, y.attname)
        FROM \(pairs)
        JOIN pg_attribute AS y ON y.attrelid = a.oid AND y.attnum > 0 AND NOT y.attisdropped
        WHERE e.relnamespace = pg_my_temp_schema() AND e.relkind = 'r'
            AND y.attnotnull AND NOT y.atthasdef AND y.attidentity = ''
            AND NOT EXISTS (SELECT FROM pg_attribute AS x WHERE x.attrelid = e.oid AND x.attname = y.attname)
        ORDER BY e.relname, y.attnum
        """

    /// Keys that are missing. A name matters where it is not the one that PostgreSQL gives by itself.
    static let constraints = """
        WITH keys AS (
            SELECT t.relnamespace AS space, t.relname, c.conname, c.contype, r.relname AS target, k.columns,
                c.conname IN (t.relname || '_pkey', t.relname || '_' || replace(k.columns, ', ', '_') || '_key')
                    AS has_any_name
            FROM pg_constraint AS c
            JOIN pg_class AS t ON t.oid = c.conrelid
            LEFT JOIN pg_class AS r ON r.oid = c.confrelid
            CROSS JOIN LATERAL (
                SELECT string_agg(quote_ident(x.attname), ', ' ORDER BY n.place) AS columns
                FROM unnest(c.conkey) WITH ORDINALITY AS n (number, place)
                JOIN pg_attribute AS x ON x.attrelid = c.conrelid AND x.attnum = n.number
            ) AS k
            WHERE c.contype IN ('p', 'u', 'f')
                AND t.relnamespace IN (pg_my_temp_schema(), to_regnamespace(quote_ident($1::text)))
        )
        SELECT format('%I.%I', $1::text, e.relname),
            CASE e.contype
                WHEN 'p' THEN format('the primary key (%s) is missing', e.columns)
                WHEN 'u' THEN format('the unique constraint %I (%s) is missing', e.conname, e.columns)
                ELSE format('the foreign key (%s) to %I is missing', e.columns, e.target)
            END,
            format('ALTER TABLE %I.%I ADD CONSTRAINT %I %s;', $1::text, e.relname, e.conname,
                CASE e.contype
                    WHEN 'p' THEN format('PRIMARY KEY (%s)', e.columns)
                    WHEN 'u' THEN format('UNIQUE (%s)', e.columns)
                    ELSE format('FOREIGN KEY (%s) REFERENCES %I.%I', e.columns, $1::text, e.target)
                END)
        FROM keys AS e
        WHERE e.space = pg_my_temp_schema()
            AND EXISTS (
                SELECT FROM pg_class AS a
                WHERE a.relnamespace = to_regnamespace(quote_ident($1::text)) AND a.relname = e.relname)
            AND NOT EXISTS (
                SELECT FROM keys AS a
                WHERE a.space <> e.space AND a.relname = e.relname AND a.contype = e.contype AND a.columns = e.columns
                    AND a.target IS NOT DISTINCT FROM e.target
                    AND (e.contype = 'f' OR e.has_any_name OR a.conname = e.conname))
        ORDER BY e.relname, e.conname
        """

    /// A schema that the role may not look into.
    static let access = """
        SELECT quote_ident(nspname), format('the role %I may not use it', user),
            format('GRANT USAGE, CREATE ON SCHEMA %I TO %I;', nspname, user)
        FROM pg_namespace WHERE nspname = $1::text AND NOT has_schema_privilege(oid, 'USAGE')
        """

    /// What the role that migrates may not do.
    static let ownership = """
        SELECT format('%I.%I', $1::text, a.relname),
            format('belongs to %I, whose rights the role %I does not have', pg_get_userbyid(a.relowner), user),
            format('GRANT %I TO %I;', pg_get_userbyid(a.relowner), user)
        FROM \(pairs)
        WHERE e.relnamespace = pg_my_temp_schema() AND e.relkind = 'r' AND NOT pg_has_role(a.relowner, 'USAGE')
        UNION ALL
        SELECT quote_ident($1::text), format('the role %I may not make tables in it', user),
            format('GRANT USAGE, CREATE ON SCHEMA %I TO %I;', $1::text, user)
        WHERE NOT has_schema_privilege($1::text, 'CREATE')
        ORDER BY 1
        """

    /// Names that the later migrations ($2: their SQL) give to tables, columns and functions, and that are taken.
    /// A name is free again where they drop it first.
    static let names = #"""
        WITH made AS (
            SELECT DISTINCT lower(m[1]) AS name
            FROM regexp_matches($2::text,
                'CREATE\s+(?:UNIQUE\s+INDEX|INDEX|TABLE|SEQUENCE|VIEW|FUNCTION)\s+(?:\w+\.)?(\w+)', 'gi') AS m
        ), dropped AS (
            SELECT lower(m[1]) AS name
            FROM regexp_matches($2::text, 'DROP\s+(?:CONSTRAINT|INDEX)\s+(?:\w+\.)?(\w+)', 'gi') AS m
        ), added AS (
            SELECT DISTINCT t.m[1] AS relname, c.m[1] AS name
            FROM regexp_split_to_table($2::text, ';') AS s (statement),
                regexp_matches(s.statement, 'ALTER\s+TABLE\s+(?:ONLY\s+)?(?:\w+\.)?([\w%]+)', 'i') AS t (m),
                regexp_matches(s.statement, 'ADD\s+COLUMN\s+(\w+)', 'gi') AS c (m)
        )
        SELECT format('%I.%I', $1::text, o.name), 'a later migration makes something of this name; this is not the original''s',
            'Rename it, or move it to another schema.'
        FROM (
            SELECT relname AS name FROM pg_class WHERE relnamespace = to_regnamespace(quote_ident($1::text))
            UNION
            SELECT proname FROM pg_proc WHERE pronamespace = to_regnamespace(quote_ident($1::text))
        ) AS o
        WHERE EXISTS (SELECT FROM made WHERE made.name = o.name)
            AND NOT EXISTS (SELECT FROM dropped WHERE dropped.name = o.name)
        UNION ALL
        SELECT format('%I.%I.%I', $1::text, a.relname, y.attname),
            'a later migration adds a column of this name; this one is not the original''s',
            format('ALTER TABLE %I.%I RENAME COLUMN %I TO %I;', $1::text, a.relname, y.attname, 'old_' || y.attname)
        FROM pg_class AS e
        JOIN pg_class AS a ON a.relname = e.relname AND a.relkind IN ('r', 'p')
            AND a.relnamespace = to_regnamespace(quote_ident($1::text))
        JOIN pg_attribute AS y ON y.attrelid = a.oid AND y.attnum > 0 AND NOT y.attisdropped
        JOIN added ON added.name = y.attname AND added.relname IN (a.relname, '%I')
        WHERE e.relnamespace = pg_my_temp_schema() AND e.relkind = 'r'
        ORDER BY 1
        """#
}
