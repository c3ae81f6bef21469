"""Makes filters in LoopBack's query language over the properties and relations that a document gives a collection. Not
all values fit: a filter must be understood or refused, whatever it holds."""

OPERATORS = ["eq", "neq", "gt", "gte", "lt", "lte", "between", "inq", "nin", "like", "nlike", "ilike", "nilike",
             "regexp", "exists"]
VALUES = [
    None, True, False, 0, -1, 1.5, 2**31, 2**63, -2**63 - 1, 10**400, 1e308, -0.0,
    "", "a", "acme", "%", "\\", "\\%", "(", "[a-", "(a+)+$", "/a/i", "/(/", "\u0000", "a\u0000b", "\U0001f4a5", "'; --",
    "0", "true", "null", "2026-01-01", "2026-01-01T00:00:00.000Z", "2026-02-30T25:61:00Z", "NaN", "1e999999",
    "00000000-0000-7000-8000-000000000001", "x" * 300,
    [], [1], ["a", None], [[]], {}, {"a": {"b": [1]}}, {"eq": {"eq": 1}}, {"": 1}, {"$where": "1"}, {"constructor": 1},
]
COUNTS = [1, 2, 5, 50]
ODD_COUNTS = [0, -1, 1.5, 10**6, 2**63, "5", None, [], True]
DIRECTIONS = ["", " ASC", " DESC"]
ODD_DIRECTIONS = [" asc", " UP", "; --"]


class FilterMaker:
    """Filters for one collection."""

    def __init__(self, dice, properties, relations):
        """Properties are schemas by name, relations names."""
        self.dice, self.properties, self.relations = dice, properties, relations

    def is_rare(self):
        return self.dice.random() < 0.08

    def property(self):
        return self.dice.choice(["", "no", "a.b"]) if self.is_rare() else self.dice.choice(sorted(self.properties))

    def value(self, name):
        schema = self.properties.get(name)
        if schema is None or self.is_rare():
            return self.dice.choice(VALUES)
        types = schema.get("type", "object")
        kind = types if isinstance(types, str) else types[0]
        format = schema.get("format")
        fitting = {
            "integer": [0, 1, 2, 5], "number": [0, 1, 99.99], "boolean": [True, False], "array": ["acme.com", "a"],
            "string": {
                "uuid": ["00000000-0000-7000-8000-000000000001"],
                "date-time": ["2026-01-01T00:00:00.000Z", "2026-01-01", "2999-12-31T23:59:59+02:00"],
            }.get(format, ["a", "acme", "%a_", "^[a-z]+$", "\U0001f4a5"]),
        }.get(kind, VALUES)
        return self.dice.choice(schema.get("enum") or fitting)

    def operand(self, operator, name):
        if operator in ("between", "inq", "nin") and not self.is_rare():
            count = 2 if operator == "between" and not self.is_rare() else self.dice.randrange(4)
            return [self.value(name) for _ in range(count)]
        if operator == "exists" and not self.is_rare():
            return self.dice.choice([True, False])
        return self.value(name)

    def predicate(self, name):
        if self.dice.random() < 0.4:
            return self.value(name)
        operators = self.dice.sample(OPERATORS, self.dice.choice([1, 1, 1, 2]))
        return {operator: self.operand(operator, name) for operator in operators}

    def where(self, depth=3):
        if depth and self.dice.random() < 0.3:
            parts = [self.where(depth - 1) for _ in range(self.dice.randrange(4))]
            condition = {self.dice.choice(["and", "or"]): parts}
        else:
            condition = {}
        for _ in range(self.dice.choice([0, 1, 1, 2])):
            name = self.property()
            condition[name] = self.predicate(name)
        return condition

    def fields(self):
        names = [self.property() for _ in range(self.dice.randrange(4))]
        return names if self.dice.random() < 0.5 else {name: not self.is_rare() for name in names}

    def direction(self):
        return self.dice.choice(ODD_DIRECTIONS if self.is_rare() else DIRECTIONS)

    def count(self):
        return self.dice.choice(ODD_COUNTS if self.is_rare() else COUNTS)

    def order(self):
        texts = [self.property() + self.direction() for _ in range(self.dice.choice([1, 1, 2]))]
        return texts if self.dice.random() < 0.5 else texts[0]

    def include(self, depth):
        result = []
        for _ in range(self.dice.choice([1, 1, 2])):
            name = "no" if self.is_rare() or not self.relations else self.dice.choice(self.relations)
            # A scope is about another entity: only the properties that both have are understood.
            result.append(name if self.dice.random() < 0.5 else {"relation": name, "scope": self.filter(depth - 1)})
        return result

    def filter(self, depth=2, has_where=True):
        result = {}
        parts = {
            "fields": self.fields, "order": self.order, "limit": self.count, "skip": self.count, "offset": self.count,
        }
        if has_where:
            parts["where"] = self.where
        if depth:
            parts["include"] = lambda: self.include(depth)
        if not has_where:
            parts = {name: parts[name] for name in ("fields", "include") if name in parts}
        for name in self.dice.sample(sorted(parts), min(len(parts), self.dice.choice([1, 1, 2, 3]))):
            result[name] = parts[name]()
        return result
