"""What the training page asks before it does something that changes a run: a remedy, a rollback, a longer run."""

from __future__ import annotations

from engine import begin
from engine.jobs.events import AlertEvent
from engine.jobs.folder import JobFolder
from engine.jobs.history import Past
from engine.spec import ProjectSpec
from engine.train.checkpoints import checkpoint_steps
from engine.train.remedies import REMEDIES, Done, apply_remedy
from engine.train.rollback import roll_back
from tui.screens.ask import ChooseScreen
from tui.screens.base import StepScreen

Choices = list[tuple[str, str, str]]


async def ask_remedy(screen: StepScreen, offered: list[tuple[str, AlertEvent]]) -> Done | None:
    """Ask which of the remedies to take, and take it. None: none, or an error was shown."""
    choices: Choices = [("", "Nothing", "go on as it is")]
    choices += [(name, REMEDIES[name].label, REMEDIES[name].meaning) for name, _ in offered]
    newest = offered[0][1]
    choice = await screen.app.push_screen_wait(ChooseScreen("Do something about it?", newest.seen, choices))
    if not choice:
        return None
    alert = dict(offered)[choice]
    screen.say("Stopping and saving first, where it runs; this can take a minute.")
    return await screen.ask_engine(lambda: apply_remedy(screen.project, choice, alert))


async def ask_rollback(screen: StepScreen, past: Past, holdout: dict[int, float]) -> int | None:
    """Ask for a checkpoint and make it the run's adapter. Returns its step; None: nothing was done."""
    project, run = screen.project, screen.spec.run
    if run is None:
        return None
    here = await screen.ask_engine(lambda: checkpoint_steps(project.run_folder(run) / "checkpoints"))
    if not here:
        return None
    known = {**dict(past.holdout), **holdout}
    measured = {step: known[step] for step in here if step in known}
    best = min(measured, key=lambda step: measured[step], default=None)
    choices: Choices = [("", "Leave it as it is", "")]
    for step in reversed(here):
        words = f"holdout loss {measured[step]:.3f}" if step in measured else "not measured there"
        choices.append((str(step), f"step {step:,}", words + (", the best" if step == best else "")))
    choice = await screen.app.push_screen_wait(
        ChooseScreen(
            "Go back to a checkpoint?", "Its adapter becomes that of this run; measure it again then.", choices
        )
    )
    if not choice:
        return None
    result = await screen.ask_engine(lambda: roll_back(project, run, int(choice)))
    return int(result["step"]) if result else None


async def ask_promote(screen: StepScreen) -> JobFolder | None:
    """Ask, and let a short run go on as the full one. None: not wanted, or an error was shown."""
    spec: ProjectSpec = screen.spec
    full = await screen.ask_engine(lambda: begin.full_recipe(screen.project, spec))
    if full is None:
        return None
    epochs = f"{full.epochs:g} times through the rows instead of {spec.recipe.max_steps:,} steps"
    choice = await screen.app.push_screen_wait(
        ChooseScreen(
            "Go on to the full run?",
            "What was learnt is kept; the learning rate goes on as the longer run has it.",
            [("", "Not now", "nothing happens"), ("full", "Full run", epochs)],
        )
    )
    return await screen.ask_engine(lambda: begin.promote(screen.project)) if choice else None
