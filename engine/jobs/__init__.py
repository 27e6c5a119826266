"""Everything long is a job: started, watched, left, found again and stopped in one way (DESIGN: jobs)."""
