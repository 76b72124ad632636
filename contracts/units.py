"""Units of measure: the UN/ECE Recommendation 20 codes that agreements use, with exact factors inside each dimension.

Codes, names and factors: UN/ECE Recommendation 20, revision 17 (2021), annex II. Normal (0 degC) and standard (15 degC)
cubic metres of gas are dimensions of their own, because no factor turns them into the cubic metre that a meter shows;
months and years are calendar lengths and are not turned into hours. A mass fraction such as mg/kg is not mixed with a
plain percentage, which may be by volume.
"""

from dataclasses import dataclass
from fractions import Fraction

from contracts.errors import Finding, Invalid


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit: value in the dimension's base = amount x factor + offset."""

    #: Rec 20 common code
    code: str
    #: English name
    name: str
    #: how people write it
    symbol: str
    #: units of one dimension convert into each other, exactly
    dimension: str
    #: exact size in the base unit of the dimension
    factor: Fraction
    #: zero point in the base unit; only temperatures have one
    offset: Fraction = Fraction(0)


def _unit(code: str, name: str, symbol: str, dimension: str, factor: str, offset: str = "0") -> Unit:
    return Unit(code, name, symbol, dimension, Fraction(factor), Fraction(offset))


_UNITS = (
    _unit("TNE", "tonne", "t", "mass", "1"),
    _unit("KGM", "kilogram", "kg", "mass", "0.001"),
    _unit("GRM", "gram", "g", "mass", "0.000001"),
    _unit("KTN", "kilotonne", "kt", "mass", "1000"),
    _unit("MWH", "megawatt hour", "MWh", "energy", "1"),
    _unit("KWH", "kilowatt hour", "kWh", "energy", "0.001"),
    _unit("GWH", "gigawatt hour", "GWh", "energy", "1000"),
    _unit("GV", "gigajoule", "GJ", "energy", "5/18"),
    _unit("3B", "megajoule", "MJ", "energy", "5/18000"),
    _unit("MTQ", "cubic metre", "m3", "volume", "1"),
    _unit("LTR", "litre", "l", "volume", "0.001"),
    _unit("HLT", "hectolitre", "hl", "volume", "0.1"),
    _unit("R9", "thousand cubic metres", "1000 m3", "volume", "1000"),
    _unit("NM3", "normal cubic metre (0 degC, 1.01325 bar)", "Nm3", "normal gas volume", "1"),
    _unit("SM3", "standard cubic metre (15 degC, 1.01325 bar)", "Sm3", "standard gas volume", "1"),
    _unit("MAW", "megawatt", "MW", "power", "1"),
    _unit("KWT", "kilowatt", "kW", "power", "0.001"),
    _unit("MQH", "cubic metre per hour", "m3/h", "volume flow", "1"),
    _unit("E18", "tonne per hour", "t/h", "mass flow", "1"),
    _unit("HUR", "hour", "h", "time", "1"),
    _unit("MIN", "minute", "min", "time", "1/60"),
    _unit("SEC", "second", "s", "time", "1/3600"),
    _unit("DAY", "day", "days", "days", "1"),
    _unit("MON", "month", "months", "calendar", "1"),
    _unit("ANN", "year", "years", "calendar", "12"),
    _unit("P1", "percent", "%", "fraction", "0.01"),
    _unit("59", "part per million", "ppm", "fraction", "0.000001"),
    _unit("60", "percent weight", "% m/m", "mass fraction", "0.01"),
    _unit("NA", "milligram per kilogram", "mg/kg", "mass fraction", "0.000001"),
    _unit("M1", "milligram per litre", "mg/l", "mass concentration", "1"),
    _unit("GL", "gram per litre", "g/l", "mass concentration", "1000"),
    _unit("M33", "millimole per litre", "mmol/l", "amount concentration", "1"),
    _unit("G42", "microsiemens per centimetre", "uS/cm", "conductivity", "1"),
    _unit("H61", "millisiemens per centimetre", "mS/cm", "conductivity", "1000"),
    _unit("Q30", "pH", "pH", "acidity", "1"),
    _unit("KEL", "kelvin", "K", "temperature", "1"),
    _unit("CEL", "degree Celsius", "degC", "temperature", "1", "273.15"),
    _unit("BAR", "bar", "bar", "pressure", "1"),
    _unit("KPA", "kilopascal", "kPa", "pressure", "0.01"),
    _unit("MPA", "megapascal", "MPa", "pressure", "10"),
    _unit("JM", "megajoule per cubic metre", "MJ/m3", "volumetric energy", "1"),
    _unit("B42", "kilojoule per kilogram", "kJ/kg", "specific energy", "1"),
    _unit("MTR", "metre", "m", "length", "1"),
    _unit("KMT", "kilometre", "km", "length", "1000"),
    _unit("MTK", "square metre", "m2", "area", "1"),
    _unit("C62", "one", "", "count", "1"),
)

#: every unit that may stand in an agreement, a delivery or a certificate, by its Rec 20 code
UNITS: dict[str, Unit] = {unit.code: unit for unit in _UNITS}


def find_unit(code: str) -> Unit:
    """Return the unit of a Rec 20 code; ``Invalid`` for one that is not in the table."""
    unit = UNITS.get(code)
    if unit is None:
        message = f"{code!r} is not a known unit; use a UN/ECE Rec 20 code such as TNE, MWH or MTQ"
        raise Invalid(message, [Finding("unit", "unknown-unit", message)])
    return unit
