"""Where the rows are that may be trained on. Light: nothing is loaded for this."""

from __future__ import annotations

from pathlib import Path

from engine.errors import DataError
from engine.project import Project
from engine.spec import DataSpec, ProjectSpec


def redacted_data(project: Project, spec: ProjectSpec) -> DataSpec:
    """The dataset as training may see it: the redacted file, read as the original was set up to be.

    Raises:
        DataError: No dataset was chosen, or it was not redacted yet.
    """
    if spec.data is None:
        raise DataError("No dataset was chosen yet.", "", "Choose one in step 2, or `tunesmith new --data FILE`.")
    if spec.redaction.path is None:
        raise DataError(
            "The dataset was not redacted yet.",
            str(project.file),
            "Do the privacy step first: `tunesmith scan`, `tunesmith review`, `tunesmith redact`.",
            code="not_redacted",
        )
    return spec.data.model_copy(update={"path": str(project.root / Path(spec.redaction.path))})
