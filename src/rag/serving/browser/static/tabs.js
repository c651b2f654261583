// The three sides of the page: the chat, the retrieval lab, the evaluation.

const TABS = ["chat", "lab", "evaluation"];
const panes = document.querySelector("#panes");
const panels = { chat: talk, lab: document.querySelector("#lab"), evaluation: document.querySelector("#evaluation") };

function showTab(name) {
  const before = panes.dataset.tab === name;
  panes.dataset.tab = name;
  for (const tab of document.querySelectorAll("#masthead [role=tab]")) {
    const chosen = tab.dataset.tab === name;
    tab.setAttribute("aria-selected", String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
  }
  if (name === "evaluation" && !before) showReport();
  peek.hidden = true;
}

async function showReport() {
  const place = panels.evaluation.querySelector(".part");
  try {
    place.replaceChildren(parsed(await parts.evaluation.server.report([document.body.classList.contains("dark")])));
  } catch {
    place.textContent = say("reader.trouble");
  }
}

let probes = 0;

async function probe(question) {
  const form = panels.lab.querySelector(".probe");
  const place = panels.lab.querySelector(".part");
  const n = ++probes;
  form.elements.question.value = question;
  form.setAttribute("aria-busy", "true");
  let html = "";
  try {
    html = await parts.lab.server.compare(question);
  } catch {
    panels.lab.querySelector(".news").textContent = say("reader.trouble");
  }
  if (n !== probes) return;
  form.removeAttribute("aria-busy");
  place.replaceChildren(parsed(html));
  if (html) panels.lab.querySelector(".news").textContent = say("lab.done", { count: place.querySelectorAll(".found").length });
}

function startTabs() {
  for (const [name, panel] of Object.entries(panels)) {
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", `tab-${name}`);
  }
  const list = document.querySelector("#masthead [role=tablist]");
  list.addEventListener("click", (event) => {
    const tab = event.target.closest("[role=tab]");
    if (tab) showTab(tab.dataset.tab);
  });
  list.addEventListener("keydown", (event) => {
    const at = TABS.indexOf(panes.dataset.tab);
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1 + TABS.length, Home: 0, End: TABS.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    showTab(TABS[next % TABS.length]);
    list.querySelector("[aria-selected=true]").focus();
  });
  // After the switch itself: the report has its own colours.
  document.querySelector("#masthead .theme").addEventListener("click", () => {
    if (panes.dataset.tab === "evaluation") setTimeout(showReport);
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches(".probe")) return;
    event.preventDefault();
    if (event.target.elements.question.value.trim()) probe(event.target.elements.question.value);
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("button.to-lab");
    if (!button) return;
    showTab("lab");
    probe(button.dataset.question);
    document.querySelector("#lab-question").focus();
  });
  showTab("chat");
}
