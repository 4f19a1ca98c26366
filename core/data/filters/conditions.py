"""What a condition on rows may say, decided on DuckDB's own parse tree, and its evaluation in a child.

A condition looks at one row at a time and gives the same answer every time. What it may hold stands in one
list (`FUNCTIONS`, `TYPES` and the node classes below); whatever is not in the list is refused by name, also
what a later DuckDB may add. So there are no queries, windows, aggregates, macros, lambdas or session values
in a condition, nothing that differs from call to call, and nothing whose work or result grows faster than its
input. The child that evaluates it is bounded in memory and time, because what is allowed can still be much.

This module is what the child imports: it stays light (DuckDB and Arrow, no pandas).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
from numpy.typing import NDArray

from ...foundation.errors import DataError
from ...foundation.progress import Progress
from .misread_conditions import EMPTY, unreadable, unworkable

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from ...foundation.child_process import Arrays


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


VERSION = 1  # raised when a condition that was allowed gives other rows
MOST_LETTERS = 20_000

LOGIC = "nullif if greatest least"  # COALESCE, CASE, AND… are no functions
TEXT = (
    "lower upper lcase ucase length len char_length character_length strlen trim ltrim rtrim left right "
    "substring substr reverse replace concat contains starts_with ends_with prefix suffix strpos instr "
    "position split_part regexp_matches regexp_full_match regexp_extract regexp_replace md5 sha256"
)
NUMBERS = (
    "abs sign round floor ceil ceiling trunc sqrt cbrt exp ln log log10 log2 pow power mod isnan isinf "
    "isfinite"
)
TIMES = (
    "year month day dayofmonth hour minute second quarter week weekofyear dayofweek isodow dayofyear "
    "date_part datepart date_trunc datetrunc date_diff datediff dayname monthname last_day strftime "
    "to_years to_months to_weeks to_days to_hours to_minutes to_seconds"
)
JSON = "json_extract_string json_array_length json_valid ->>"
OPERATORS = (
    "+ - * / // % ** ^ @ & | || ~~ !~~ ~~* !~~* ~~~ ^@ "
    "like_escape not_like_escape ilike_escape not_ilike_escape"
)
FUNCTIONS = _set(" ".join((LOGIC, TEXT, NUMBERS, TIMES, JSON, OPERATORS)))
TYPES = _set(
    "BOOLEAN BOOL TINYINT SMALLINT INTEGER INT BIGINT HUGEINT UTINYINT USMALLINT UINTEGER UBIGINT FLOAT REAL "
    "DOUBLE DECIMAL NUMERIC VARCHAR TEXT STRING CHAR DATE TIME TIMESTAMP DATETIME INTERVAL"
)
_COMPARISONS = frozenset(
    f"COMPARE_{name}"
    for name in (
        "EQUAL", "NOTEQUAL", "LESSTHAN", "GREATERTHAN", "LESSTHANOREQUALTO", "GREATERTHANOREQUALTO",
        "DISTINCT_FROM", "NOT_DISTINCT_FROM",
    )
)  # fmt: skip
_OPERATORS = _set(
    "OPERATOR_NOT OPERATOR_IS_NULL OPERATOR_IS_NOT_NULL OPERATOR_COALESCE COMPARE_IN COMPARE_NOT_IN"
)
_LITERALS = _set("INTEGER NUMERIC STRING BOOLEAN NULL_LITERAL")
# Class of a node → its types, and the fields it may have beside these.
_NODES: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "CONSTANT": (frozenset({"VALUE_CONSTANT"}), frozenset({"literal"})),
    "COLUMN_REF": (frozenset({"COLUMN_REF"}), frozenset({"column_names"})),
    "COMPARISON": (_COMPARISONS, frozenset({"left", "right"})),
    "CONJUNCTION": (frozenset({"CONJUNCTION_AND", "CONJUNCTION_OR"}), frozenset({"children"})),
    "BETWEEN": (frozenset({"COMPARE_BETWEEN"}), frozenset({"input", "lower", "upper"})),
    "OPERATOR": (_OPERATORS, frozenset({"children"})),
    "CASE": (frozenset({"CASE_EXPR"}), frozenset({"case_checks", "else_expr"})),
    "CAST": (frozenset({"OPERATOR_CAST"}), frozenset({"child", "type_expr", "try_cast"})),
    "FUNCTION": (
        frozenset({"FUNCTION"}),
        frozenset({"function_name", "arguments", "is_operator", "qualified_name", "order_bys"}),
    ),
}
_EVERYWHERE = frozenset({"class", "type", "query_location", "query_location_length"})
_CHANGING = _set(
    "random uuid gen_random_uuid uuidv4 uuidv7 setseed now today age ago current_date current_time "
    "current_timestamp localtime localtimestamp current_localtime current_localtimestamp get_current_time "
    "get_current_timestamp transaction_timestamp nextval currval"
)
_SESSION = _set(
    "user session_user current_user current_role current_catalog current_database current_schema "
    "current_schemas current_query current_setting getvariable getenv version timezone to_timestamp "
    "make_timestamptz strptime try_strptime rowid"
)
_GROWING = _set(
    "repeat lpad rpad levenshtein editdist3 damerau_levenshtein jaro_similarity jaro_winkler_similarity "
    "jaccard format printf bar range generate_series list_resize array_resize factorial sleep_ms"
)
_CLASSES = {
    "SUBQUERY": "a query inside a condition (SELECT)",
    "WINDOW": "OVER (…), which looks at other rows",
    "LAMBDA": "-> (a function without a name)",
    "STAR": "* and COLUMNS(…)",
    "PARAMETER": "? and $1",
    "COLLATE": "COLLATE",
    "POSITIONAL_REFERENCE": "#1 (a column by its number)",
    "DEFAULT": "DEFAULT",
    "ARRAY_EXTRACT": "[…]",
    "ARRAY_SLICE": "[…]",
    "STRUCT_EXTRACT": "a.b (a part of a cell)",
    "OPERATOR_TRY": "TRY(…)",
    "GROUPING_FUNCTION": "GROUPING(…)",
}
_ALLOWED = (
    "a condition may hold comparisons, AND, OR, NOT, IN, BETWEEN, IS NULL, LIKE, CASE, CAST, arithmetic and "
    "functions of one row such as lower, contains, length, abs, round, year and date_trunc"
)


class NoColumn(Exception):
    """A condition names a column that is not there."""


def refused(condition: str, why: str, do: str = _ALLOWED) -> DataError:
    """The error for a condition that cannot be used."""
    return DataError(f"The condition {shown(condition)} cannot be used", why, do)


def shown(condition: str) -> str:
    """A condition in a message: one line, at most 200 letters."""
    text = " ".join(condition.split())
    return repr(text if len(text) <= 200 else text[:199] + "…")


def mentioned(condition: str, names: Iterable[str]) -> list[str]:
    """The names that a condition can mean: those whose letters occur in it, whatever their case.

    Example:
        >>> mentioned('"unit price" > Cost', ["unit price", "cost", "other"])
        ['unit price', 'cost']
    """
    text = condition.casefold()
    return [name for name in names if name.replace('"', '""').casefold() in text or name.casefold() in text]


def statement(condition: str, row: str) -> str:
    """The query that is parsed, checked and run: the very same text each time."""
    # A comment must not swallow what stands after the condition.
    return f"{_before(row)}{condition}\n)"


def _before(row: str) -> str:
    return f"{_query(row)}(\n"


def _query(row: str) -> str:
    return f'SELECT "{row}" FROM rows_of_the_data WHERE '


def connect() -> duckdb.DuckDBPyConnection:
    """A database of its own without access to files, network or settings."""
    import duckdb

    database = duckdb.connect(":memory:", config={"python_enable_replacements": False})
    for setting in (
        "enable_external_access=false",
        "autoinstall_known_extensions=false",
        "autoload_known_extensions=false",
        "memory_limit='1GB'",
        "threads=1",
        "TimeZone='UTC'",
        "lock_configuration=true",
    ):
        database.execute(f"SET {setting}")
    return database


def check(database: duckdb.DuckDBPyConnection, condition: str, columns: Iterable[str], row: str) -> str:
    """The statement for a condition that may be evaluated.

    Args:
        database: From `connect`.
        condition: One expression.
        columns: Names it may use; case does not matter, as in SQL.
        row: Name of the column of row numbers; not one of `columns`.

    Raises:
        DataError: It is not one expression, or holds what is not in the list; by name.
        NoColumn: It names a column that is not there.
        ValueError: DuckDB cannot read it; why, in words that know nothing of the statement around it.
    """
    text = statement(condition, row)
    tree = _parsed(database, condition, text)
    if tree["error"]:
        at = int(tree["position"]) - len(_before(row).encode()) if "position" in tree else None
        raise ValueError(unreadable(condition, str(tree.get("error_message", "")), at))
    _one_query(condition, tree, row)
    known = {name.lower() for name in columns}
    waiting = [tree["statements"][0]["node"]["where_clause"]]
    while waiting:
        waiting.extend(_parts(condition, waiting.pop(), known, database))
    # "a) OR (b" makes sense between our brackets and in no other place.
    if _parsed(database, condition, f"{_query(row)}{condition}")["error"]:
        raise refused(condition, "its brackets do not belong together", "close each one that is opened")
    return text


def _parsed(database: duckdb.DuckDBPyConnection, condition: str, text: str) -> dict[str, Any]:
    """DuckDB's own parse tree of a query around a condition, or its error."""
    asked = "SELECT json_serialize_sql(?, skip_null := true, skip_empty := true, skip_default := true)"
    [(found,)] = database.execute(asked, [text]).fetchall()
    try:
        tree: dict[str, Any] = orjson.loads(found)
    except orjson.JSONDecodeError:  # deeper than can be read
        raise refused(condition, "its parts are nested too deeply", "write a simpler one") from None
    return tree


def _one_query(condition: str, tree: Mapping[str, Any], row: str) -> None:
    """Refuse text that breaks out of the brackets around the condition."""
    nodes = [one.get("node", {}) for one in tree["statements"]]
    fields = {"type", "cte_map", "select_list", "from_table", "where_clause", "aggregate_handling"}
    whole = len(nodes) == 1 and set(nodes[0]) == fields and nodes[0]["type"] == "SELECT_NODE"
    if whole:
        picked, table = nodes[0]["select_list"], nodes[0]["from_table"]
        whole = not nodes[0]["cte_map"] and len(picked) == 1 and picked[0].get("column_names") == [row]
        whole = whole and (table.get("type"), table.get("table_name")) == ("BASE_TABLE", "rows_of_the_data")
    if not whole:
        raise refused(condition, "it is more than one condition", "write one, joined by AND or OR")


def _parts(
    condition: str, node: Any, known: set[str], database: duckdb.DuckDBPyConnection
) -> Iterator[Mapping[str, Any]]:
    """The nodes below one node; `DataError` where it, or any field of it, is not in the list."""
    kind, sort = node.get("class", "?"), node.get("type", "?")
    if kind not in _NODES or sort not in _NODES[kind][0]:
        name = _CLASSES.get(sort) or _CLASSES.get(kind) or f"{sort.lower().replace('_', ' ')}"
        raise refused(condition, f"{name} cannot stand in a condition")
    if kind == "FUNCTION":
        _function(condition, node, database)
    extra = set(node) - _EVERYWHERE - _NODES[kind][1]
    if extra:
        name = f"{node['function_name']}(…) with " if kind == "FUNCTION" else ""
        raise refused(condition, f"{name}{sorted(extra)[0].replace('_', ' ')} cannot stand in a condition")
    if kind == "CONSTANT":
        if node["literal"].get("kind") not in _LITERALS:
            raise refused(condition, "only texts, numbers, true, false and null are values in a condition")
    elif kind == "COLUMN_REF":
        _column(condition, node["column_names"], known)
    elif kind == "CAST":
        _type(condition, node["type_expr"])
        yield node["child"]
    elif kind == "CASE":
        for case in node["case_checks"]:
            yield from (case["when_expr"], case["then_expr"])
        if "else_expr" in node:
            yield node["else_expr"]
    elif kind == "FUNCTION":
        for one in node.get("arguments", []):
            if set(one) != {"expression"}:
                raise refused(condition, f"arguments of {node['function_name']} have no names here")
            yield one["expression"]
    elif kind in ("CONJUNCTION", "OPERATOR"):
        yield from node["children"]
    else:
        yield from (node[name] for name in _NODES[kind][1])


def _function(condition: str, node: Mapping[str, Any], database: duckdb.DuckDBPyConnection) -> None:
    name = str(node["function_name"]).lower()
    if node["qualified_name"] != {"path": [node["function_name"]]}:
        raise refused(condition, f"{name} is named with more than its name", f"write {name}(…) alone")
    if name in FUNCTIONS:
        if node.get("order_bys", {}).keys() - {"type"}:
            raise refused(condition, f"{name}(…) with ORDER BY cannot stand in a condition")
        return
    called = f"{name}(…)" if name.isidentifier() else name
    called = "count(*)" if name == "count_star" else called
    asked = "SELECT DISTINCT function_type FROM duckdb_functions() WHERE lower(function_name) = ?"
    kinds = {kind for (kind,) in database.execute(asked, [name]).fetchall()}
    do = _ALLOWED
    if name == "row":
        why = "what commas part, as in (a, b), is several values and not one condition"
        why = why if node.get("arguments") else EMPTY
        raise refused(condition, why, "write one, joined by AND or OR")
    if name in _CHANGING:
        why = f"{called} gives another answer each time, and the same recipe must choose the same rows"
    elif name in _SESSION:
        why = f"{called} depends on the machine or the session, not on the row alone"
    elif name in _GROWING:
        why = f"{called} can take more time or memory than there is"
    elif kinds & {"aggregate", "window"}:
        why = f"{called} is of many rows, and a condition looks at one row at a time (no aggregates)"
    else:
        near = difflib.get_close_matches(name, sorted(FUNCTIONS), 3)
        why = f"{called} is not among the functions that a condition may use"
        do = (f"perhaps {' or '.join(near)} is meant; " if near else "") + _ALLOWED
    raise refused(condition, why, do)


def _column(condition: str, path: list[str], known: set[str]) -> None:
    name = path[-1].lower()
    if len(path) > 1:
        whole = ".".join(path)
        do = f'write a column whose name holds a dot in double quotes: "{whole}"'
        raise refused(condition, f"{whole} is a part of a cell or of a table", do)
    if name in known:
        return
    if name in _CHANGING:
        why = f"{name} gives another answer each time, and the same recipe must choose the same rows"
        raise refused(condition, why, "write the date or time itself, for example '2026-01-31'")
    if name in _SESSION:
        raise refused(condition, f"{name} depends on the machine or the session, not on the row alone")
    raise NoColumn(path[-1])


def _type(condition: str, node: Mapping[str, Any]) -> None:
    name = str(node.get("type_name", "?"))
    plain = set(node) - _EVERYWHERE <= {"type_name", "qualified_name", "children"}
    sizes = node.get("children", [])
    if not plain or name.upper() not in TYPES or node.get("qualified_name") != {"path": [name]}:
        do = "use BOOLEAN, INTEGER, BIGINT, DOUBLE, DECIMAL, VARCHAR, DATE, TIME, TIMESTAMP or INTERVAL"
        raise refused(condition, f"values cannot be read as {name} here", do)
    if any(one.get("class") != "CONSTANT" or one["literal"].get("kind") != "INTEGER" for one in sizes):
        raise refused(condition, f"the size of {name} is no number")


def solve(
    table: pa.Table, n: int, condition: str, database: duckdb.DuckDBPyConnection | None = None
) -> NDArray[np.int64]:
    """Rows for which a condition holds, ascending; for the child, which bounds it.

    Args:
        table: The columns that it may name, of n rows; may have none.
        n: Rows of the data set.
        condition: One expression.
        database: From `connect`; a new one where none is given.

    Raises:
        DataError, NoColumn, ValueError: As `check`.
        duckdb.Error: It cannot be evaluated: types that do not fit, a value that cannot be read.
    """
    import pyarrow as pa

    taken = {name.lower() for name in table.column_names}
    row = "row"
    while row in taken:
        row += "_"
    database = database or connect()
    text = check(database, condition, table.column_names, row)
    columns = dict(zip(table.column_names, table.columns, strict=True))
    columns[row] = pa.array(np.arange(n, dtype=np.int64))
    database.register("rows_of_the_data", pa.table(columns))
    found = database.execute(text).fetchnumpy()[row]
    return np.sort(np.asarray(found, np.int64))


def evaluate(
    arrays: Arrays, config: Mapping[str, Any], progress: Progress
) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Work of the child: rows for which a condition holds.

    Args:
        arrays: ``table``, the used columns as an Arrow stream, uint8.
        config: ``condition``, ``n`` (rows) and ``memory`` (bytes that it may take beyond its data).
        progress: Not told anything; the work is one call.

    Returns:
        ``rows``, int64, ascending; or in the meta data, why there are none: ``no_column`` or ``why``.
    """
    import duckdb
    import pyarrow as pa

    from ...foundation.child_process import limit_memory

    connect().close()  # what the database maps for itself is no part of the room
    limit_memory(int(config["memory"]))
    try:
        table = pa.ipc.open_stream(pa.py_buffer(arrays["table"])).read_all()
        return {"rows": solve(table, config["n"], str(config["condition"]))}, {}
    except NoColumn as error:
        return {}, {"no_column": str(error)}
    except ValueError as error:
        return {}, {"why": str(error)}
    except duckdb.OutOfMemoryException:
        raise MemoryError from None
    except duckdb.Error as error:
        if "bad_alloc" in str(error) or "allocate" in str(error):
            raise MemoryError from None
        return {}, {"why": unworkable(str(error))}
