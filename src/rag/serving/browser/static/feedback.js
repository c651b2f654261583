// Verdicts on answers: a click keeps one at once, the same click again takes it back, a right answer completes it.

let verdicts = 0;

function judge(form, verdict, place = null) {
  parts.verdicts.trigger("judge", {
    n: ++verdicts,
    turn: Number(form.dataset.turn),
    question: form.dataset.question,
    verdict,
    answer: verdict === "good" ? "" : form.elements.answer.value,
    place,
  });
}

function showOutcome() {
  const fresh = parsed(parts.verdicts.props.value || "").firstElementChild;
  const form = fresh && document.querySelector(`.feedback[data-turn="${fresh.dataset.turn}"]`);
  if (!form || Number(fresh.dataset.n) !== verdicts) return;
  const { verdict } = fresh.dataset;
  const before = form.dataset.verdict;
  form.dataset.verdict = verdict;
  for (const button of form.querySelectorAll("[aria-pressed]")) {
    const pressed = button.matches(`.${verdict || "none"}`) || (verdict === "absent" && button.matches(".bad"));
    button.setAttribute("aria-pressed", String(pressed));
  }
  const correction = form.querySelector(".correction");
  correction.hidden = !["bad", "absent"].includes(verdict);
  if (verdict === "bad" && before !== "bad") form.elements.answer.focus({ preventScroll: true });
  form.querySelector(".reply").replaceChildren(...fresh.childNodes);
  form.scrollIntoView({ block: "nearest" });
}

function startFeedback() {
  parts.verdicts.watch("value", showOutcome);
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.(".feedback button");
    const form = button?.closest(".feedback");
    if (!form || button.matches(".save")) return;
    const { document: id, start, end } = button.dataset;
    if (button.matches(".offer")) judge(form, "bad", [id, Number(start), Number(end)]);
    else judge(form, button.getAttribute("aria-pressed") === "true" ? "" : button.classList[0]);
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches(".feedback")) return;
    event.preventDefault();
    judge(event.target, "bad");
  });
}
