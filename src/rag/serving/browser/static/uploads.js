// Files on their way to the server and through it: chosen or dropped here, sent one after another, watched until done.

const limits = parts.documents.props.limits ?? {};
const outbox = [];
const watched = new Set();
let sending = false;

const jobRow = (id) => document.getElementById("job-" + id);

function newRow(name) {
  const row = document.createElement("li");
  row.className = "job";
  row.dataset.name = name;
  const line = document.createElement("p");
  line.className = "line";
  line.append(document.createElement("bdi"));
  line.firstChild.className = "name";
  line.firstChild.textContent = name;
  row.append(line);
  panel.querySelector(".jobs").append(row);
  panel.querySelector(".work").hidden = false;
  row.scrollIntoView({ block: "nearest" });
  return row;
}

function showState(row, key, values = {}, part = null) {
  row.querySelectorAll("progress, .state, .problem").forEach((node) => node.remove());
  const failed = key.startsWith("refused.");
  row.dataset.state = failed ? "failed" : "sending";
  const line = document.createElement("p");
  line.className = failed ? "problem" : "state";
  if (failed) line.setAttribute("role", "alert");
  Object.assign(line.dataset, values, { say: key });
  if (part !== null) {
    const bar = document.createElement("progress");
    bar.max = 1;
    bar.value = part;
    bar.dataset.label = "job.progress";
    bar.dataset.name = row.dataset.name;
    row.append(bar);
  }
  row.append(line);
  if (failed) addDismiss(row);
  translate(row);
}

function addDismiss(row) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "dismiss";
  button.dataset.label = "jobs.dismiss";
  button.innerHTML = '<i class="icon cross"></i>';
  row.querySelector(".line").append(button);
}

function refusal(file) {
  const ending = file.name.toLowerCase().match(/\.[^.]+$/)?.[0] ?? "";
  if (!limits.types.includes(ending)) return ["refused.type", { types: limits.types.join(" ") }];
  if (file.size > limits.megabytes * 1e6) return ["refused.tooLarge", { limit: limits.megabytes }];
  return null;
}

function addFiles(files) {
  if (!limits.types) return;
  panel.querySelector("details.stacks").open = true;
  if (getComputedStyle(shelf).position === "fixed") shelf.dataset.open = "list";
  for (const file of files) {
    const row = newRow(file.name);
    const refused = refusal(file);
    if (refused) {
      showState(row, ...refused);
    } else {
      showState(row, "job.queued", {}, 0);
      outbox.push({ file, row });
    }
  }
  showClear();
  send();
}

async function send() {
  if (sending) return;
  sending = true;
  while (outbox.length) {
    const { file, row } = outbox.shift();
    if (row.isConnected) await sendOne(file, row);
  }
  sending = false;
}

async function sendOne(file, row) {
  for (;;) {
    const { status, answer } = await post(file, (part) => showState(row, "job.sending", {}, part));
    if (status === 202) {
      row.id = "job-" + answer.job;
      showState(row, "job.waiting", {}, 0);
      watchJob(answer.job);
      look();
      return;
    }
    if (status !== 503) {
      showState(row, "refused." + (answer.refused ?? (status === 413 ? "tooLarge" : "lost")), { limit: limits.megabytes });
      showClear();
      return;
    }
    await new Promise((done) => setTimeout(done, 1000)); // As much waits there as may: this file waits here.
  }
}

function post(file, progress) {
  return new Promise((done) => {
    const request = new XMLHttpRequest();
    request.open("POST", "upload?name=" + encodeURIComponent(file.name.toWellFormed?.() ?? file.name));
    request.responseType = "json";
    request.upload.onprogress = (event) => progress(event.loaded / event.total);
    request.onloadend = () => done({ status: request.status, answer: request.response ?? {} });
    request.send(file);
  });
}

function watchJob(id) {
  watched.add(id);
  store();
}

function showJobs(jobs, asked) {
  for (const id of asked) {
    if (id in jobs) continue;
    watched.delete(id); // The server was started anew, and knows no more of it.
    if (jobRow(id)) showState(jobRow(id), "refused.incomplete");
  }
  for (const [id, { over, html }] of Object.entries(jobs)) {
    const fresh = parsed(html).firstElementChild;
    const removed = fresh.dataset.removes && fresh.dataset.state === "done";
    if (over) {
      if (watched.delete(id)) panel.querySelector(".news").textContent = say("job.over." + fresh.dataset.state, fresh.dataset);
    }
    const row = jobRow(id) ?? (removed ? null : newRow(fresh.dataset.name));
    if (!row) toast("remove.done", fresh.dataset);
    else if (removed) row.remove();
    else patch(row, fresh);
  }
  store();
  showClear();
}

function showClear() {
  const rows = panel.querySelectorAll(".job");
  panel.querySelector(".work").hidden = !rows.length;
  panel.querySelector(".clear").hidden = !panel.querySelector(".job[data-state=done], .job[data-state=failed]");
}

// A reload of the page goes on watching.
function store() {
  try {
    sessionStorage.setItem("rag.jobs", JSON.stringify([...watched]));
  } catch {
    // Storage is off: what runs goes on unseen.
  }
}

function startUploads() {
  if (!limits.types) return;
  try {
    for (const id of JSON.parse(sessionStorage.getItem("rag.jobs") ?? "[]")) watched.add(id);
  } catch {
    // Nothing to go on with.
  }
  const input = panel.querySelector(".files");
  input.accept = limits.types.join(",");
  input.addEventListener("change", () => {
    addFiles([...input.files]);
    input.value = "";
  });
  const add = panel.querySelector(".add");
  add.hidden = false;
  add.addEventListener("click", () => input.click());
  panel.addEventListener("click", ({ target }) => {
    const button = target.closest("button");
    if (button?.matches(".dismiss")) button.closest(".job").remove();
    if (button?.matches(".clear")) panel.querySelectorAll(".job[data-state=done], .job[data-state=failed]").forEach((row) => row.remove());
    if (button?.matches(".dismiss, .clear")) {
      showClear();
      add.focus();
    }
  });
  startDropping();
}

function startDropping() {
  const veil = panel.querySelector(".drop");
  document.body.append(veil);
  const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");
  let depth = 0;
  const on = (name, act) =>
    document.addEventListener(
      name,
      (event) => {
        if (!holdsFiles(event)) return;
        event.preventDefault();
        event.stopPropagation();
        act(event);
        veil.hidden = depth <= 0;
      },
      true,
    );
  on("dragenter", () => depth++);
  on("dragover", (event) => (event.dataTransfer.dropEffect = "copy"));
  on("dragleave", () => depth--);
  on("drop", (event) => {
    depth = 0;
    addFiles([...event.dataTransfer.files]);
  });
}
