// A kept conversation: its link stands in the address of the page, and a page with one in its address reopens it.

function setLink(link) {
  history.replaceState(null, "", link ? "#" + link : location.pathname + location.search);
  document.querySelector("#masthead .link").hidden = !link;
}

function reopen() {
  const link = location.hash.slice(1);
  if (!link) return;
  leave();
  parts.masthead.trigger("reopen", { id: link, era });
}

function restart() {
  leave();
  turns.replaceChildren();
  closeReader();
  setLink("");
  parts.masthead.trigger("restart");
}

function showWhole(whole) {
  closeReader();
  document.querySelectorAll("#evidence").forEach((node) => node.removeAttribute("id"));
  const told = [...whole.children];
  // An id names one element: that of the last answer.
  told.slice(0, -1).forEach((turn) => turn.querySelector("#evidence")?.removeAttribute("id"));
  turns.replaceChildren(...told);
  setLink(told.at(-1)?.dataset.link ?? "");
  look();
  told.at(-1)?.scrollIntoView({ block: "start" });
}

function download({ name, text }) {
  const file = document.createElement("a");
  file.href = URL.createObjectURL(new Blob([text], { type: "text/markdown" }));
  file.download = name;
  file.click();
  setTimeout(() => URL.revokeObjectURL(file.href), 10_000);
}

async function copyLink(button) {
  let done = true;
  try {
    await navigator.clipboard.writeText(location.href);
  } catch {
    done = false; // Not allowed, or no secure connection: the address bar has it.
  }
  toast(done ? "link.copied" : "link.inAddress");
  button.focus();
}

// A line that says what was done, read out and gone again.
let toasting = 0;
function toast(key, values = {}) {
  const line = document.querySelector("#masthead .toast");
  line.textContent = say(key, values);
  line.classList.add("shown");
  clearTimeout(toasting);
  toasting = setTimeout(() => line.classList.remove("shown"), 4000);
}

function startKept() {
  const link = document.querySelector("#masthead .link");
  link.addEventListener("click", () => copyLink(link));
  document.querySelector("#masthead .export").addEventListener("click", () => {
    if (turns.childElementCount) parts.masthead.trigger("export");
    else toast("export.nothing");
  });
  document.querySelector("#masthead .new").addEventListener("click", restart);
  parts.export.watch("value", () => parts.export.props.value && download(JSON.parse(parts.export.props.value)));
  addEventListener("hashchange", reopen);
  reopen();
}
