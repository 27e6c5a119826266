"""The live plan of the recipe page: what it is measured against, planning again, and the job that makes it exact."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.reactive import reactive

from engine.errors import TunesmithError
from engine.jobs.events import FailedEvent
from tui.screens.base import STARTING, StepScreen
from tui.screens.frame import SpeakLine
from tui.threads import in_thread
from tui.typed_card import card_from, keep_card, kept_card
from tui.widgets.memory_panel import MemoryPanel

if TYPE_CHECKING:
    from engine.jobs.state import JobView
    from engine.spec import RecipeSpec
    from tui.memory import PlanShown, Target

_REST_SECONDS = 0.8
"""The exact plan is not started before the person has rested on a recipe for so long."""


class PlanningScreen(StepScreen):
    """A step with a `MemoryPanel` that follows `shown_recipe()`."""

    JOB_KINDS: ClassVar[tuple[str, ...]] = ("plan",)
    SHOWS_PROGRESS: ClassVar[bool] = False

    plan: reactive[PlanShown | None] = reactive(None, init=False, always_update=True, repaint=False)
    """What is known of the shown recipe."""

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)  # type: ignore[arg-type]
        self.target: Target | None = None
        self._planned: RecipeSpec | None = None
        """The recipe that `plan` is about."""
        self._worked_out: set[str] = set()
        """Recipes the job was run for: it is not run again where it did not help."""
        self._why_not_exact = ""

    def on_mount(self) -> None:
        """Ask the machine."""
        self.look_at_target()

    def shown_recipe(self) -> RecipeSpec:
        """What is planned."""
        return self.spec.recipe

    def plan_changed(self) -> None:
        """`self.plan` is fresh and on the screen."""

    # -- what it is planned against -----------------------------------------------------------------------------

    @work(exclusive=True, group="target")
    async def look_at_target(self) -> None:
        """This machine, or the card that was typed."""
        from tui.memory import target_of

        self.target = await in_thread(self, lambda: target_of(kept_card(), self.project))
        self.replan()

    @work(exclusive=True, group="take")
    async def action_type_card(self) -> None:
        """Ask for a card, or forget the typed one."""
        from tui.screens.ask import AskScreen

        card = kept_card()
        meaning = "Its name such as RTX 4090, or its memory such as 24 GiB. Empty: what this machine has."
        title = "Which card will it be trained on?"
        answer = await self.app.push_screen_wait(AskScreen(title, card.words if card else "", meaning, card_from))
        if answer is None:
            return

        def keep() -> bool:
            keep_card(card_from(answer))
            return True

        if await self.ask_engine(keep):
            self.look_at_target()

    # -- planning -----------------------------------------------------------------------------------------------

    def replan(self) -> None:
        """Plan the shown recipe again; what is known at once is on the screen in a blink."""
        self._plan_it(self.shown_recipe())

    @work(exclusive=True, group="plan")
    async def _plan_it(self, recipe: RecipeSpec) -> None:
        shown = await self.plan_of(recipe)
        if shown is None:
            return
        self._planned = recipe
        panel = self.query_one(MemoryPanel)
        panel.problem, panel.plan, panel.working = "", shown, self._working()
        self.plan = shown
        self.plan_changed()
        if shown.wants_job and self.target is not None:
            await asyncio.sleep(_REST_SECONDS)
            if not await self._followed():
                self._work_it_out(recipe)

    async def plan_of(self, recipe: RecipeSpec) -> PlanShown | None:
        """The plan of any recipe; None after a problem was shown."""
        from tui.memory import plan_recipe

        try:
            return await in_thread(self, plan_recipe, self.project, self.spec, recipe, self.target)
        except TunesmithError as error:
            self.query_one(MemoryPanel).problem = f"{error.title} {error.hint}".strip()
            return None

    async def settled_plan(self) -> PlanShown | None:
        """The plan of the project's recipe as it is now."""
        if self._planned == self.spec.recipe and self.plan is not None:
            return self.plan
        return await self.plan_of(self.spec.recipe)

    # -- the job ------------------------------------------------------------------------------------------------

    async def _followed(self) -> bool:
        """Whether a plan is being worked out already: this page's own, or one from before it was opened."""
        if self.job_runs:
            return True
        from tui.screens.recipe_ahead import newest_plan

        job = await in_thread(self, newest_plan, self.project)
        if job is None or not job.active:
            return False
        self.follow_job(job.folder)
        return True

    def _work_it_out(self, recipe: RecipeSpec) -> None:
        """Run the job `plan`, once for a recipe and a target; one at a time."""
        assert self.target is not None
        key = json.dumps(
            [self.target.words, self.spec.model and self.spec.model.source, recipe.model_dump(mode="json")]
        )
        if key in self._worked_out or self.job_runs:
            return
        self._worked_out.add(key)
        wanted = dict(self.target.job)
        if recipe != self.spec.recipe:
            wanted["recipe"] = recipe.model_dump(mode="json")
        self._why_not_exact = ""
        self.start_job("plan", wanted)

    def job_changed(self, job: JobView) -> None:
        """Say in the panel what it does; the line that speaks is for other things."""
        if self.query_one(SpeakLine).words == STARTING:
            self.say(self.words())
        self.query_one(MemoryPanel).working = self._working()

    def show_past_problem(self, job: JobView) -> None:
        """Without the exact plan the page still works: the panel says why there is none."""
        if job.state == "failed" and isinstance(job.snapshot.end, FailedEvent):
            self._why_not_exact = job.snapshot.end.title
        elif job.state == "died":
            self._why_not_exact = "the planning job died."

    def job_refused(self, error: TunesmithError) -> None:
        """As above."""
        self.show_problem(None)
        self._why_not_exact = error.title

    def _working(self) -> str:
        job = self.job
        if job is not None and job.active:
            phase = job.snapshot.phase_text or "starting"
            return f"the exact figure follows: {phase[:1].lower()}{phase[1:]}"
        return f"no exact figure: {self._why_not_exact}" if self._why_not_exact else ""
