"""Messages of ngspice, and the faults of a deck or a run that they tell."""

import re
from dataclasses import replace

from cosim.engine.deck import Deck

_WHY = r"(?P<why>(?:Undefined parameter \[(?P<parameter>\w+)\])?.*)"

# What ngspice 39 to 46 print for a fault in the deck. The named groups lead to its place: `line`
# is a line number of the deck, `card` quotes a card, perhaps flattened; `parameter` and `word` are
# names used there.
_DECK_FAULTS = [
    # Line 0 is any line inside a subcircuit.
    r"Netlist line no\. (?P<line>\d+):\n" + _WHY,
    r"(?P<why>Formula\(\) error)\.\n *\|(?P<card>[^|\n]+)\|",
    r"new internal line no\. (?P<line>\d+):\n *" + _WHY,
    r"Error on line (?P<line>\d+) or its substitute:\n(?P<quote>.+)\n(?P<why>.+)",
    r"Error on line:\n(?P<card>.+)\n(?P<why>.+)",
    r"(?P<why>unknown subckt): (?P<card>.+)",
    r"(?P<why>Too (?:many|few) parameters for subcircuit type .+) \(instance: x(?P<card>[^)]+)\)",
    r"(?P<why>Could not find (?:include|library) file (?P<word>\S+))",
    r"(?P<why>Mismatch of \.subckt \S+ \.ends).+\n(?:.+\n)+? *Check line (?P<card>.+)",
    r"(?P<why>Mismatch of \.subckt \S+ \.ends).+\n(?:.+\n)+? *Check \.ends in line number "
    r"(?P<line>\d+)",
    r"(?P<why>(?:IC|Nodeset|NODESET) on non-existent node - (?P<word>\S+), ignored)",
    r"(?P<card>\S+) has (?P<why>non-increasing PWL time points)",
    r"(?P<why>bad type given for option (?P<word>\S+))",
    r"(?P<why>unsupported integration (?P<word>method))",
    r"(?P<why>\S+: no such command available in ngspice)",
    r'(?P<why>[^:\n]+ named "(?P<word>[^"]+)" is not in the circuit)',
    r"(?P<why>No job \(tran, ac, op etc\.\) defined)",
    r"(?P<why>(?:.+\n){0,4}Error: (?:circuit not parsed|there aren't any circuits loaded))",
]


def deck_fault(messages: list[str], deck: Deck) -> str | None:
    """The fault of the deck in ngspice's messages, as `file:line: reason`, or None."""
    text = "\n".join(messages)
    matches = (re.search(pattern, text) for pattern in _DECK_FAULTS)
    match = next((match for match in matches if match), None)
    if match is None:
        return None
    found = {group: value for group, value in match.groupdict().items() if value}
    quote = found.get("quote") or found.get("card")
    parts = [_origin(found, deck), found["why"].strip(), quote]
    return ": ".join(part for part in parts if part)


def _origin(found: dict[str, str], deck: Deck) -> str | None:
    if deck.library_files:
        # ngspice counts what it reads for them, too, each version in another way.
        found = {"card" if group == "quote" else group: text for group, text in found.items()}
        found.pop("line", None)
        deck = replace(deck, lines=tuple(deck.expanded()))
    if found.get("line", "0") != "0":
        return deck.origin(int(found["line"]))
    if "card" in found:
        return deck.find_card(found["card"])
    if "parameter" in found:
        return deck.find_undefined(found["parameter"])
    return deck.find_word(found["word"]) if "word" in found else None


def without_pause(messages: list[str]) -> list[str]:
    """Messages less those on a pause that was asked for; ngspice may give it an older reason."""
    return [text for text in messages if not re.search(r"doAnalyses:|interrupted", text)]


def run_fault(messages: list[str]) -> str | None:
    """Reason why a run failed or can't be trusted, by ngspice's messages, or None."""
    text = "\n".join(messages)
    faults = re.findall(r"doAnalyses: (.+)|(run simulation (?:interrupted|not started))", text)
    reasons = [" ".join("".join(fault).split()) for fault in faults]
    # Where gmin and source stepping fail, ngspice starts from a pseudo-transient, whose voltages
    # are arbitrary: in a circuit of pA, milliseconds away from the operating point.
    arbitrary = "Transient op finished" in text
    if arbitrary:
        reasons.append("no operating point found (a larger gmin may help)")
    # A singular matrix at first is normal where gmin or source stepping then finds a solution.
    singular = re.search(r"singular matrix: +check nodes? (\S+)", text)
    if singular and reasons:
        reasons.insert(0, f"singular matrix, check node {singular[1]}")
    return "; ".join(reasons) or None
