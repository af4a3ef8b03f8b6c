"""Texts with a meaning of their own: what is missing, true and false, infinite. ``docs/data.md`` lists them for users."""

# In every column. What pandas reads as missing by default, without "None", which is often a category.
MISSING = frozenset({"NA", "N/A", "n/a", "<NA>", "NaN", "nan", "-NaN", "-nan", "NULL", "null", "#N/A", "#NA", "#N/A N/A"})
# Only where numbers or timestamps are expected; compared in lower case.
MISSING_AMONG_NUMBERS = frozenset(
    {word.lower() for word in MISSING}
    | {
        "?",
        "-",
        "--",
        "---",
        "\u2013",
        "\u2014",
        ".",
        "..",
        "...",
        "*",
        "none",
        "nil",
        "unknown",
        "missing",
        "undefined",
        "na.",
        "n.a.",
        "n.a",
    }
    | {"not available", "not applicable", "k.a.", "(blank)", "blank", "#value!", "#div/0!", "#ref!", "#num!", "#name?", "#null!"}
    | {"-1.#ind", "1.#ind", "-1.#qnan", "1.#qnan", "nat"}
)
INFINITE = frozenset({"inf", "+inf", "-inf", "infinity", "+infinity", "-infinity", "∞", "+∞", "-∞"})  # in lower case

# In lower case. The first pair alone is a number too, 0 and 1, as truth values are.
TRUTH_PAIRS = (("false", "true"), ("no", "yes"), ("n", "y"), ("f", "t"), ("off", "on"))
FALSE = frozenset(pair[0] for pair in TRUTH_PAIRS)
TRUE = frozenset(pair[1] for pair in TRUTH_PAIRS)
TRUTH = FALSE | TRUE
TRUTH_AS_NUMBER = {"false": 0.0, "true": 1.0}
