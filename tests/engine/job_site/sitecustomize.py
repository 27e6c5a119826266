"""Put on PYTHONPATH by the job tests: makes the test-only kinds known in the job's own, real runner process."""

from engine.jobs.kinds import KINDS
from tests.engine.job_kinds import TEST_KINDS

KINDS.update(TEST_KINDS)
