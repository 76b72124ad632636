"""From readings to settled quantities: invoice mass, energy of steam and hot water, meters found wrong, matching figures.

All results are exact fractions or decimals rounded once by the caller's places. Enthalpies come from the agreed property
standard (IAPWS-IF97) and are handed in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from contracts.errors import Finding, Invalid
from contracts.quantity import DRY_MASS_PLACES, Quantity, dry_mass, round_half_even

#: kJ/kg of a tonne into MWh: 1 t x 1 kJ/kg = 1 MJ = 1/3600 MWh
_MJ_A_MWH = 3600


@dataclass(frozen=True, slots=True)
class SteamInterval:
    """Steam delivered in one interval, at one state."""

    #: tonnes
    mass: Decimal
    #: kJ/kg at the measured pressure and temperature
    enthalpy: Decimal


def invoice_mass(net_wet: Quantity, moisture: Decimal, mode: str, reference: Decimal | None = None) -> Quantity:
    """Return the mass that is paid: ``wet`` as weighed, ``dry``, or ``dry_capped``.

    ``dry_capped`` pays moisture up to the reference only: below it the mass as weighed, above it the dry mass brought to
    the reference moisture. Rounded half-even once, at 3 decimals. Moisture and reference are percent of mass.
    """
    if mode == "wet":
        return net_wet
    if mode == "dry":
        return dry_mass(net_wet, moisture)
    if mode != "dry_capped" or reference is None or not 0 <= reference < 100:  # noqa: PLR2004  percent
        message = f"invoice_mass {mode!r} cannot be applied; use wet, dry, or dry_capped with a moisture_reference below 100"
        raise Invalid(message, [Finding("parameters.invoice_mass", "not-applicable", message)])
    if moisture <= reference:
        return net_wet
    capped = Fraction(net_wet.amount) * (100 - Fraction(moisture)) / (100 - Fraction(reference))
    return Quantity(round_half_even(capped, DRY_MASS_PLACES), net_wet.unit)


def steam_energy(
    intervals: Sequence[SteamInterval],
    reference_enthalpy: Decimal,
    condensate_mass: Decimal = Decimal(0),
    condensate_enthalpy: Decimal = Decimal(0),
) -> Fraction:
    """Return the energy of steam in MWh, exactly: sum of mass x (enthalpy - reference) / 3600.

    Returned condensate that belongs to the supplier is subtracted by the same reference. Masses in t, enthalpies in kJ/kg.
    """
    reference = Fraction(reference_enthalpy)
    delivered = sum((Fraction(one.mass) * (Fraction(one.enthalpy) - reference) for one in intervals), Fraction(0))
    returned = Fraction(condensate_mass) * (Fraction(condensate_enthalpy) - reference)
    return (delivered - returned) / _MJ_A_MWH


def hot_water_energy(volume: Decimal, coefficient: Decimal) -> Fraction:
    """Return the heat of hot water in kWh, exactly: volume in m3 x kWh per m3 for the agreed temperatures and sensor side."""
    return Fraction(volume) * Fraction(coefficient)


def match_tolerance(authority_figure: Decimal, absolute: Decimal, percent: Decimal) -> Fraction:
    """Return how far two figures may lie apart: the larger of the absolute one and percent x the authority's figure."""
    return max(Fraction(absolute), abs(Fraction(authority_figure)) * Fraction(percent) / 100)


def correct_meter_error(quantity: Decimal, error_percent: Decimal, places: int) -> Decimal:
    """Return the quantity that a meter reading ``error_percent`` high (low if negative) should have shown: q x 1/(1 + e)."""
    if error_percent <= -100:  # noqa: PLR2004  percent
        message = "a meter cannot read 100 % or more too low; estimate the quantity instead"
        raise Invalid(message, [Finding("error_percent", "out-of-range", message)])
    return round_half_even(Fraction(quantity) / (1 + Fraction(error_percent) / 100), places)


def find_correction_days(known_days: int | None, days_since_test: int, limit: int | None) -> int:
    """Return over how many days a wrong meter is corrected: since the known start, else half the time since the last good test.

    Half of an odd number of days is rounded down; ``limit`` is the agreed most.
    """
    days = days_since_test // 2 if known_days is None else known_days
    return days if limit is None else min(days, limit)
