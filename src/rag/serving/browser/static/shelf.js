// The panel of documents: what is indexed, asked for again and again; the search in it; what questions are limited to.

const panel = document.querySelector("#documents");
const list = panel.querySelector(".part");
const chosen = new Map(); // id → title
let version = "";
let looking = false;
let lookAgain = false;
let nextLook = 0;

async function look() {
  if (looking) {
    lookAgain = true;
    return;
  }
  looking = true;
  const links = document.querySelectorAll("#conversation [data-document]");
  const cited = [...new Set([...[...links].map((link) => link.dataset.document), ...chosen.keys()])].slice(-900);
  try {
    const find = panel.querySelector(".find").value;
    const jobs = [...watched];
    const news = await parts.documents.server.look([{ version, find, cited, jobs }]);
    if (news.version) showNews(news, links, jobs);
  } catch {
    // The server is away for the moment; the next look may find it.
  }
  looking = false;
  clearTimeout(nextLook);
  nextLook = setTimeout(look, lookAgain ? 0 : watched.size ? 400 : 15_000);
  lookAgain = false;
}

function showNews(news, links, asked) {
  if (news.list !== undefined) {
    version = news.version;
    patchChildren(list, parsed(news.list));
    patchChildren(document.querySelector("#welcome .part"), parsed(news.welcome));
    if (document.activeElement === document.body && dropped) panel.querySelector(".find").focus();
    dropped = false;
  }
  showJobs(news.jobs, asked);
  const gone = new Set(news.gone);
  for (const id of gone) chosen.delete(id);
  showChosen();
  for (const link of links) markGone(link, gone.has(link.dataset.document));
  for (const turn of document.querySelectorAll(".turn")) {
    const note = turn.querySelector(".changed");
    if (note) note.hidden = !turn.querySelector(".citation.gone");
  }
}

function markGone(link, gone) {
  if (!link.matches(".citation, .source")) return;
  link.classList.toggle("gone", gone);
  if (link.dataset.label) link.dataset.label = gone ? "chip.gone" : "chip.label";
  translate(link.parentElement);
}

function showChosen() {
  for (const box of list.querySelectorAll(".pick")) box.checked = chosen.has(box.value);
  const count = list.querySelector(".list")?.dataset.count ?? "";
  panel.querySelector(".count").textContent = chosen.size ? `${chosen.size} / ${count}` : count;
  const value = JSON.stringify({ documents: [...chosen.keys()], era });
  if (parts.chosen.props.value !== value) parts.chosen.props.value = value;
  const line = document.querySelector("#chosen .only");
  line.hidden = !chosen.size;
  const titles = [...chosen.values()];
  line.querySelector(".what").textContent = say(titles.length > 2 ? "chosen.many" : "chosen.only", {
    titles: titles.slice(0, 2).join(say("chosen.comma")),
    count: titles.length,
  });
}

// A question before what cannot be undone; the dialog element keeps the keyboard inside, Escape keeps the document.
let dropped = false;
function confirmRemoval({ document: id, title }) {
  const dialog = panel.querySelector(".confirm");
  dialog.querySelector("h2").textContent = say("remove.ask", { title });
  dialog.querySelector(".yes").onclick = async () => {
    dialog.close();
    dropped = true;
    const job = await parts.documents.server.take_out([id]).catch(() => "");
    if (job) watchJob(job);
    look();
  };
  dialog.showModal();
  dialog.querySelector(".no").focus();
}

function startShelf() {
  const find = panel.querySelector(".find");
  let typing = 0;
  find.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(look, 150);
  });
  panel.addEventListener("change", ({ target }) => {
    if (!target.matches(".pick")) return;
    if (target.checked) chosen.set(target.value, target.dataset.title);
    else chosen.delete(target.value);
    showChosen();
  });
  panel.addEventListener("click", ({ target }) => {
    const button = target.closest("button");
    if (button?.matches(".remove")) confirmRemoval(button.dataset);
    if (button?.matches(".no")) button.closest("dialog").close();
  });
  // What closes the dialog must not close the document behind it.
  panel.querySelector("dialog").addEventListener("keydown", (event) => event.key === "Escape" && event.stopPropagation());
  document.querySelector("#chosen .all").addEventListener("click", () => {
    chosen.clear();
    showChosen();
    document.querySelector("#question textarea").focus();
  });
  addEventListener("visibilitychange", () => document.hidden || look());
  new MutationObserver(showChosen).observe(list, { childList: true });
  startUploads();
  look();
}
