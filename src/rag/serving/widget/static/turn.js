// A question and its answer → elements. Texts become text and never markup.

const AROUND = 160;
const SMALL_TALK = new Set(["greeting", "thanks", "goodbye", "about", "ok", "gibberish", "empty question"]);
// Scripts that put no space between sentences.
const SPACELESS = /[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]["'”’」』）]*$/u;

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

// A page's policy may forbid pictures, also those in a style; it cannot forbid elements.
function icon(path) {
  const [svg, line] = ["svg", "path"].map((tag) => document.createElementNS("http://www.w3.org/2000/svg", tag));
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

class Turn {
  constructor(question, say, number) {
    this.say = say;
    this.number = number;
    this.body = make("div", { class: "answer" });
    const asked = make("p", { class: "asked", dir: "auto" }, make("span", { class: "unseen" }, `${say("asked")} `), question);
    this.element = make("li", {}, asked, this.body);
    this.progress("searching");
  }

  progress(name) {
    this.body.dataset.state = "waiting";
    this.body.replaceChildren(make("p", { class: "waiting" }, make("i"), make("i"), make("i"), ` ${this.say(name)}`));
  }

  // While it grows the numbers are still text.
  grow(text) {
    if (this.body.dataset.state !== "streaming") this.body.replaceChildren(make("p", { class: "said", dir: "auto" }));
    this.body.dataset.state = "streaming";
    this.body.firstChild.textContent = text;
  }

  fail(kind, wait, again) {
    const retry = make("button", { type: "button", class: "again", onclick: again }, this.say("again"));
    this.body.dataset.state = "failed";
    this.body.replaceChildren(make("p", {}, this.say(kind, { wait })), retry);
  }

  stop() {
    const shown = this.body.dataset.state === "streaming" ? [this.body.firstChild] : [];
    this.body.dataset.state = "stopped";
    this.body.replaceChildren(...shown, make("p", { class: "remark" }, this.say("stopped")));
  }

  finish(answer) {
    const absent = answer.abstained && !SMALL_TALK.has(answer.reason);
    const parts = [];
    if (answer.resolved) parts.push(make("p", { class: "remark", dir: "auto" }, this.say("understood", { question: answer.resolved })));
    if (answer.notice) parts.push(make("p", { class: "remark", dir: "auto", lang: answer.language }, answer.notice));
    if (absent) parts.push(make("p", { class: "verdict" }, this.say("absent")));
    const said = answer.sentences.length ? this.sentences(answer) : [answer.answer];
    parts.push(make("p", { class: "said", dir: "auto", lang: answer.language }, ...said));
    this.body.dataset.state = absent ? "absent" : "done";
    this.body.replaceChildren(...parts);
  }

  sentences(answer) {
    return answer.sentences.flatMap((sentence) => {
      const supported = sentence.supported && sentence.citations.length > 0;
      const gap = SPACELESS.test(sentence.text) ? "" : " ";
      if (!supported) {
        const label = make("small", {}, this.say("unsupported"));
        return [make("span", { class: "unsupported", title: sentence.problems.join("; ") }, sentence.text), " ", label, gap];
      }
      const cited = answer.citations.filter((citation) => sentence.citations.includes(citation.number));
      return [sentence.text, ...cited.map((citation) => this.chip(citation, answer)), gap];
    });
  }

  chip(citation, answer) {
    const { number } = citation;
    const title = citation.title || citation.document;
    const id = `quote-${this.number}-${number}`;
    const label = this.say("source", { number, title });
    const chip = make(
      "button",
      { type: "button", class: "chip", "aria-expanded": "false", "aria-controls": id, "aria-label": label, title },
      String(number),
    );
    chip.addEventListener("click", () => {
      const open = chip.getAttribute("aria-expanded") === "true";
      this.close();
      if (open) return;
      chip.setAttribute("aria-expanded", "true");
      this.body.append(this.quote(citation, answer, id, label, title));
      this.body.lastChild.scrollIntoView({ block: "nearest" });
    });
    return chip;
  }

  // Whether there was one to close.
  close() {
    const open = this.body.querySelectorAll(".quote, [aria-expanded=true]");
    for (const element of open) element.matches(".chip") ? element.setAttribute("aria-expanded", "false") : element.remove();
    return open.length > 0;
  }

  // The quote where it stands: with what is said before and after it in its passage.
  quote(citation, answer, id, label, title) {
    const { quote, start, end, heading, page, document_id } = citation;
    const within = (hit) => hit.document_id === document_id && hit.start <= start && hit.end >= end;
    const hit = answer.hits.find(within);
    // The server counts characters; the strings here count halves of some of them.
    const text = hit ? Array.from(hit.text) : [];
    const [from, to] = hit ? [start - hit.start, end - hit.start] : [0, 0];
    const before = text.slice(Math.max(0, from - AROUND), from).join("");
    const after = text.slice(to, to + AROUND).join("");
    const trail = [heading !== title && heading, page && this.say("page", { page })].filter(Boolean).join(" · ");
    return make(
      "div",
      { class: "quote", id, role: "group", "aria-label": label },
      make("p", { class: "title", dir: "auto" }, title),
      ...(trail ? [make("p", { class: "trail", dir: "auto" }, trail)] : []),
      make(
        "blockquote",
        { dir: "auto" },
        from > AROUND ? "…" : "", before, make("mark", {}, quote), after, to + AROUND < text.length ? "…" : "",
      ),
    );
  }
}
