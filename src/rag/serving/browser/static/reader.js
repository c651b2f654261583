// The reader: opens a document at a range, walks through the citations of one answer, closes again.

const reader = document.querySelector("#reader");
const shelf = document.querySelector("#shelf");
let opener = null;
let requests = 0;

async function open(button) {
  const { document: id, start, end } = button.dataset;
  const request = ++requests;
  let html;
  try {
    html = await parts.reader.server.open_document([id, Number(start), Number(end)]);
  } catch {
    html = null;
    notify("reader.trouble");
  }
  if (request !== requests || html === null) return; // A later click has overtaken this one.
  document.querySelectorAll(".current").forEach((node) => node.classList.remove("current"));
  button.classList.add("current");
  opener = button;
  if (!html) {
    notify("reader.gone", button.dataset.quote);
    return;
  }
  shelf.dataset.open = "document";
  const page = reader.querySelector(".page-of-document");
  const fresh = parsed(html);
  const again = page.querySelector(".document")?.dataset.document === id;
  if (again) patchChildren(page, fresh);
  else page.replaceChildren(fresh);
  const shown = page.querySelector(".document");
  reader.querySelector(".name").textContent = shown.dataset.title;
  reader.querySelector(".name").title = shown.dataset.file;
  reader.querySelector(".news").textContent = say("reader.opened", shown.dataset);
  const stacks = document.querySelector("#documents details");
  if (stacks) stacks.open = false;
  showStep();
  const covered = button.getBoundingClientRect().bottom + 12 - (innerHeight - shelf.offsetHeight);
  if (getComputedStyle(shelf).position === "fixed" && covered > 0) talk.scrollBy({ top: covered });
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const mark = page.querySelector("mark");
  if (mark) mark.scrollIntoView({ block: "center", behavior: again && !calm ? "smooth" : "instant" });
  else page.scrollTo({ top: 0 });
}

function notify(key, quote = "") {
  shelf.dataset.open = "document";
  const page = reader.querySelector(".page-of-document");
  const line = document.createElement("p");
  line.className = "nothing";
  line.dataset.say = key;
  page.replaceChildren(line);
  if (quote) {
    const cited = document.createElement("blockquote");
    cited.dir = "auto";
    cited.append(document.createElement("mark"));
    cited.firstChild.textContent = quote;
    page.append(cited);
  }
  reader.querySelector(".name").textContent = "";
  translate(page);
  showStep();
}

function closeReader() {
  delete shelf.dataset.open;
  reader.querySelector(".page-of-document").replaceChildren();
  document.querySelectorAll(".current").forEach((node) => node.classList.remove("current"));
  const stacks = document.querySelector("#documents details");
  if (stacks) stacks.open = true;
  if (opener?.isConnected && shelf.contains(document.activeElement)) opener.focus();
  opener = null;
}

// The citations of the answer that the open one belongs to; a hit or a listed document has no neighbours.
function steps() {
  const chips = opener?.closest(".turn")?.querySelectorAll(".citation");
  return opener && chips && !opener.matches(".open") ? [...chips] : [];
}

function showStep() {
  const chips = steps();
  const at = chips.findIndex((chip) => chip === opener || chip.dataset.number === opener?.dataset.number);
  reader.querySelector(".walk").hidden = chips.length < 2;
  reader.querySelector(".step").textContent = at < 0 ? "" : `${at + 1} / ${chips.length}`;
}

function step(by, focus) {
  const chips = steps();
  if (chips.length < 2) return;
  const at = chips.findIndex((chip) => chip === opener || chip.dataset.number === opener.dataset.number);
  const next = chips[(at + by + chips.length) % chips.length];
  if (focus) next.focus();
  open(next);
}

function startReader() {
  shelf.setAttribute("role", "complementary");
  reader.querySelector(".close").addEventListener("click", closeReader);
  reader.querySelector(".previous").addEventListener("click", () => step(-1));
  reader.querySelector(".next").addEventListener("click", () => step(1));
  document.addEventListener("keydown", (event) => {
    const typing = event.target.matches?.("textarea") && getComputedStyle(shelf).position !== "fixed";
    if (event.key === "Escape" && shelf.dataset.open && !event.isComposing && !typing) closeReader();
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const chip = event.target.closest?.(".citation");
    if (chip && chip === opener) step(by, true);
    else if (shelf.contains(event.target)) step(by, false);
    else return;
    event.preventDefault();
  });
}
