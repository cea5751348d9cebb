r"""
Noun: the grammar of SOQL and SOSL.

In: nothing. Out: the text of an LALR(1) grammar for lark.
Rule of this file: what the language allows is said here; what the org allows is said where names are resolved.

A list of literals is one terminal, so that an IN with a thousand keys costs one regular expression and not two
thousand tokens. AND and OR are separate rules: mixing them without parentheses is no sentence of the language.
"""

from typing import Final

_STRING: Final = r"'[^'\\]*(?:\\.[^'\\]*)*'"
_DATETIME: Final = r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:?\d\d)"
_DATE: Final = r"\d{4}-\d\d-\d\d"
_NUMBER: Final = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_RANGE: Final = (
    r"(?:YESTERDAY|TODAY|TOMORROW|LAST_90_DAYS|NEXT_90_DAYS"
    r"|(?:LAST|THIS|NEXT)_(?:WEEK|MONTH|QUARTER|YEAR|FISCAL_QUARTER|FISCAL_YEAR)"
    r"|(?:LAST|NEXT)_N_(?:DAY|WEEK|MONTH|QUARTER|YEAR|FISCAL_QUARTER|FISCAL_YEAR)S:\d+"
    r"|N_(?:DAY|WEEK|MONTH|QUARTER|YEAR|FISCAL_QUARTER|FISCAL_YEAR)S_AGO:\d+)"
)
_WORD: Final = r"(?:TRUE|FALSE|NULL)"
END: Final = r"(?![\w.:])"
# The order matters: a date begins like a number, a datetime like a date.
LITERAL: Final = rf"(?:{_STRING}|{_DATETIME}|{_DATE}{END}|{_NUMBER}{END}|(?i:{_RANGE}|{_WORD}){END})"

_RESERVED: Final = (
    "AND|ASC|DESC|EXCLUDES|FROM|GROUP|HAVING|IN|INCLUDES|LIKE|LIMIT|NOT|NULL|NULLS|OR|SELECT|TYPEOF|USING|WHERE|WITH"
)


def _terminal(pattern: str) -> str:
    """The pattern between the slashes that lark wants."""
    return pattern.replace("/", r"\/").replace("\n", "")


GRAMMAR: Final = rf"""
query: select
select: SELECT items FROM ENTITY [FIELD] [scope] [where] [mode] [group] [having] _end
_end: [order] [limit] [offset] [locking] [everything]
items: item ("," item)*
?item: operand [FIELD] -> item
     | "(" select ")"  -> nested
?operand: path | call
path: FIELD
call: FIELD "(" [operand ("," operand)*] ")"
scope: USING_SCOPE FIELD
where: WHERE _condition
mode: WITH FIELD
group: GROUP_BY operand ("," operand)*
having: HAVING _condition
_condition: _simple | both | either
both: _simple (AND _simple)+
either: _simple (OR _simple)+
_simple: compare | in_list | in_query | negation | "(" _condition ")"
negation: NOT _simple
compare: operand OPERATOR LITERAL
in_list: operand (IN | NOT_IN | INCLUDES | EXCLUDES) LITERALS
in_query: operand (IN | NOT_IN) "(" select ")"
order: ORDER_BY order_term ("," order_term)*
order_term: operand [ASC | DESC] [NULLS]
limit: LIMIT INTEGER
offset: OFFSET INTEGER
locking: FOR (","? FOR)*
everything: ALL_ROWS
find: FIND TERMS [in_group] [returning] [search_with] [limit]
in_group: IN FIELD_GROUP
returning: RETURNING returned ("," returned)*
returned: ENTITY ["(" items [where] [order] [limit] [offset] ")"]
search_with: WITH FIELD

SELECT.5: /SELECT{END}/i
FROM.5: /FROM{END}/i
USING_SCOPE.5: /USING\s+SCOPE{END}/i
WHERE.5: /WHERE{END}/i
WITH.5: /WITH{END}/i
GROUP_BY.5: /GROUP\s+BY{END}/i
HAVING.5: /HAVING{END}/i
ORDER_BY.5: /ORDER\s+BY{END}/i
LIMIT.5: /LIMIT{END}/i
OFFSET.5: /OFFSET{END}/i
FOR.5: /FOR\s+(?:UPDATE|VIEW|REFERENCE){END}/i
ALL_ROWS.5: /ALL\s+ROWS{END}/i
AND.5: /AND{END}/i
OR.5: /OR{END}/i
NOT_IN.6: /NOT\s+IN{END}/i
NOT.5: /NOT{END}/i
IN.5: /IN{END}/i
INCLUDES.5: /INCLUDES{END}/i
EXCLUDES.5: /EXCLUDES{END}/i
ASC.5: /ASC{END}/i
DESC.5: /DESC{END}/i
NULLS.5: /NULLS\s+(?:FIRST|LAST){END}/i
FIND.5: /FIND(?=[\s{{])/i
RETURNING.5: /RETURNING{END}/i
FIELD_GROUP.5: /(?:ALL|NAME|EMAIL|PHONE|SIDEBAR)\s+FIELDS{END}/i
OPERATOR.4: /<=|>=|<>|!=|=|<|>|LIKE{END}/i
TERMS: /\{{(?:[^\\{{}}]|\\.)*\}}/s
INTEGER.4: /\d+{END}/
LITERALS.6: /\(\s*{_terminal(LITERAL)}(?:\s*,\s*{_terminal(LITERAL)})*\s*\)/s
LITERAL.3: /{_terminal(LITERAL)}/s
FIELD: /(?!(?:{_RESERVED}){END})[A-Za-z]\w*(?:\.[A-Za-z]\w*)*/i
ENTITY: /[A-Za-z]\w*(?:\.[A-Za-z]\w*)*/
%ignore /\s+/
"""  # noqa: S608  # a grammar, not a statement
