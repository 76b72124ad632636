"""Every stage's service in the order of the stages: who comes later reads the tables of those before."""

from contracts.agreements import service as agreements
from contracts.allocation import service as allocation
from contracts.certificates import service as certificates
from contracts.deliveries import service as deliveries
from contracts.governance import service as governance
from contracts.parties import service as parties
from contracts.savings import service as savings
from contracts.settlement import service as settlement

STAGES = (parties, agreements, deliveries, certificates, savings, allocation, governance, settlement)
