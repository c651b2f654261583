// The conversation: turns arrive as HTML from the server, clicks and keys go to the reader and the question box.

const talk = document.querySelector("#talk");
const turns = document.querySelector("#conversation .turns");

// What this page calls the conversation it shows. What the server sends of any other comes too late.
let era = "";

function leave() {
  era = Math.random().toString(36).slice(2);
  showChosen();
}

function showTurn() {
  const fresh = parsed(parts.conversation.props.value || "").firstElementChild;
  if (fresh?.dataset.era !== era) return; // It overtook the leaving of its conversation.
  if (fresh.matches(".whole")) {
    showWhole(fresh);
    return;
  }
  if (fresh.dataset.link) setLink(fresh.dataset.link);
  if (["done", "failed"].includes(fresh.dataset.state)) look();
  const old = document.getElementById(fresh.id);
  if (old) {
    patch(old, fresh);
  } else {
    document.querySelectorAll("#evidence").forEach((node) => node.removeAttribute("id"));
    turns.append(fresh);
  }
  opener?.classList.add("current");
  if (!old) document.getElementById(fresh.id).scrollIntoView({ block: "start" });
}

function showPart(name, selector) {
  const place = document.querySelector(selector);
  const render = () => patchChildren(place, parsed(parts[name].props.value || ""));
  parts[name].watch("value", render);
  render();
}

// What a chip quotes, beside the chip. The title attribute serves where this does not (touch, other tools).
const peek = document.createElement("div");
peek.id = "peek";
peek.setAttribute("role", "tooltip");
peek.hidden = true;

function showPeek(chip) {
  chip.removeAttribute("title");
  peek.replaceChildren();
  for (const [kind, text] of [["heading", chip.dataset.heading], ["quote", chip.dataset.quote]]) {
    if (!text) continue;
    const line = document.createElement("p");
    line.className = kind;
    line.dir = "auto";
    line.textContent = text;
    peek.append(line);
  }
  peek.hidden = false;
  const at = chip.getBoundingClientRect();
  const left = Math.max(8, Math.min(at.left - 24, innerWidth - peek.offsetWidth - 8));
  const above = at.top - peek.offsetHeight - 8;
  peek.style.left = `${left}px`;
  peek.style.top = `${above > 8 ? above : at.bottom + 8}px`;
}

function hidePeek(chip) {
  chip.title = chip.dataset.quote;
  peek.hidden = true;
}

function ask(question) {
  const box = document.querySelector("#question textarea");
  // Through the property of the element's class, where the page's framework does not see it; it hears the event.
  Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set.call(box, question);
  box.dispatchEvent(new Event("input", { bubbles: true }));
  setTimeout(() => document.querySelector("#send").click());
}

function startPage() {
  document.body.append(peek);
  leave();
  parts.conversation.watch("value", showTurn);
  showPart("welcome", "#welcome .part");
  showPart("documents", "#documents .part");
  startShelf();
  document.addEventListener("click", (event) => {
    const target = event.target.closest?.("button");
    if (!target) return;
    if (target.matches(".citation, .source, .open")) open(target);
    if (target.matches(".example")) ask(target.textContent);
    if (target.matches("#masthead .shelf")) {
      if (shelf.dataset.open) closeReader();
      else shelf.dataset.open = "list";
    }
  });
  const onChip = (name, act) =>
    document.addEventListener(name, (event) => {
      const chip = event.target.closest?.(".citation");
      if (chip) act(chip, event);
    });
  onChip("pointerover", (chip, event) => event.pointerType === "mouse" && showPeek(chip));
  onChip("focusin", (chip) => chip.matches(":focus-visible") && showPeek(chip));
  for (const name of ["pointerout", "focusout", "click"]) onChip(name, hidePeek);
  talk.addEventListener("scroll", () => (peek.hidden = true), { passive: true });
  const box = document.querySelector("#question textarea");
  box.dir = "auto";
  // Enter that ends the composing of a Chinese word must not send the question.
  const composing = (event) => {
    if (event.key === "Enter" && (event.isComposing || event.keyCode === 229)) event.stopPropagation();
  };
  for (const name of ["keydown", "keypress"]) document.querySelector("#question").addEventListener(name, composing, true);
  box.focus({ preventScroll: true });
}
