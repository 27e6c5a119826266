"""A helper process of the scan: `python -m engine.privacy.helper PARENT_PID`. See `engine.privacy.crew`.

Reads one JSON line with the profile and the creator's recognisers, says `[]` when they are loaded, then answers each
line of texts (or of windows of one long text) with a line of findings. Has no network.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
from typing import TextIO

from engine.errors import TunesmithError
from engine.jobs.offline import forbid_network
from engine.jobs.sockets import forbid_sockets

_PR_SET_PDEATHSIG = 1


def main() -> int:
    """Serve until the input ends."""
    _die_with(int(sys.argv[1]))
    # Whoever asks the job to stop may ask its whole group; the job ends its helpers itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    forbid_network()
    forbid_sockets()
    answers = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)  # What a library prints must not get between the answers.
    try:
        _serve(answers)
    except TunesmithError as error:
        content = {"code": error.error_code, "title": error.title, "what": error.what, "hint": error.hint}
        answers.write(json.dumps(content) + "\n")
        answers.flush()
        return error.exit_code
    except BrokenPipeError:
        return 0
    return 0


def _serve(answers: TextIO) -> None:
    from engine.privacy.detect import Detector
    from engine.privacy.profiles import Profile
    from engine.spec import OwnSpec

    order = json.loads(sys.stdin.readline())
    profile = Profile.model_validate(order["profile"])
    detector = Detector(profile, [OwnSpec.model_validate(one) for one in order["own"]])
    answers.write("[]\n")
    answers.flush()
    for line in sys.stdin:
        asked = json.loads(line)
        found = detector.look(asked["windows"]) if isinstance(asked, dict) else detector.detect(asked)
        rows = [[[hit.start, hit.end, hit.entity, hit.score, hit.recogniser] for hit in hits] for hits in found]
        answers.write(json.dumps(rows) + "\n")
        answers.flush()


def _die_with(parent: int) -> None:
    """Let the kernel kill this process when its parent dies, and end at once if that has happened already."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(0)


if __name__ == "__main__":
    os._exit(main())
