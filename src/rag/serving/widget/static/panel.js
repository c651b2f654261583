// The bubble, the panel it opens, and the keyboard.

const REMEMBERED = 10;
const LONGEST = 4000;
const ICONS = {
  bubble: "M4 5h16v11H10l-4 4v-4H4zM8 9h8M8 12h5",
  close: "M6 6l12 12M18 6L6 18",
  anew: "M12 5v14M5 12h14",
  send: "M12 19V5M6 11l6-6 6 6",
  stop: "M7 7h10v10H7z",
};

class Panel {
  constructor({ server, language, title, greeting, theme, filters }) {
    Object.assign(this, { server, filters, asked: 0, history: [], asking: null });
    const words = WORDS[language];
    this.say = (name, values = {}) => words[name].replace(/\{(\w+)\}/g, (_, key) => values[key]);
    this.greeting = greeting || words.greeting;
    const button = (name, run, label = words[name]) =>
      make("button", { type: "button", class: name, "aria-label": label, title: label, onclick: run }, icon(ICONS[name]));
    this.bubble = button("bubble", () => this.open(), words.open);
    this.bubble.setAttribute("aria-haspopup", "dialog");
    this.list = make("ol", { tabindex: "0", "aria-label": words.conversation });
    this.box = make("textarea", {
      rows: "1", "aria-label": words.question, placeholder: words.placeholder, maxlength: LONGEST, enterkeyhint: "send", autocomplete: "off",
    });
    this.send = make("button", { type: "submit", class: "send" });
    this.status = make("p", { class: "unseen", role: "status" });
    const form = make("form", { onsubmit: (event) => (event.preventDefault(), this.submit()) }, this.box, this.send);
    this.dialog = make(
      "dialog",
      { "aria-labelledby": "title", lang: language },
      make("header", {}, make("h2", { id: "title", dir: "auto" }, title || words.title), button("anew", () => this.anew()), button("close", () => this.close())),
      this.list, form, this.status,
    );
    this.dialog.addEventListener("close", () => this.closed());
    this.element = make("rag-widget", { lang: language, "data-theme": theme });
    const shadow = (this.shadow = this.element.attachShadow({ mode: "open" }));
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    shadow.adoptedStyleSheets = [sheet];
    shadow.append(this.bubble, this.dialog);
    // What is typed here is no shortcut of the page's.
    for (const name of ["keydown", "keyup", "keypress"]) shadow.addEventListener(name, (event) => event.stopPropagation());
    shadow.addEventListener("keydown", (event) => this.key(event));
    this.anew();
  }

  open() {
    this.bubble.hidden = true;
    // On a small screen it covers the page; on a large one the page stays in use beside it.
    if (matchMedia("(max-width: 480px)").matches) this.dialog.showModal();
    else this.dialog.show();
    this.box.focus();
  }

  close() {
    this.dialog.close();
    this.closed();
  }

  // Also when the browser closed it, as a phone's way back does; its word of that comes late.
  closed() {
    if (this.dialog.open || !this.bubble.hidden) return;
    this.bubble.hidden = false;
    this.bubble.focus();
  }

  anew() {
    this.asking?.abort();
    this.history = [];
    this.list.replaceChildren(make("li", { class: "greeting", dir: "auto" }, this.greeting));
    this.busy(null);
    this.box.focus();
  }

  busy(asking) {
    this.asking = asking;
    const name = asking ? "stop" : "send";
    this.send.replaceChildren(icon(ICONS[name]));
    for (const attribute of ["aria-label", "title"]) this.send.setAttribute(attribute, this.say(name));
  }

  submit() {
    if (this.asking) return this.asking.abort();
    const question = this.box.value.trim();
    if (!question) return;
    this.box.value = "";
    const turn = new Turn(question, this.say, ++this.asked);
    this.list.querySelector(".greeting")?.remove();
    this.list.append(turn.element);
    this.list.scrollTop = this.list.scrollHeight;
    this.run(turn, question);
  }

  async run(turn, question) {
    const asking = new AbortController();
    this.busy(asking);
    turn.progress("searching");
    this.status.textContent = this.say("searching");
    let text = "";
    try {
      const body = { question, history: this.history.slice(-REMEMBERED), ...(this.filters && { filters: this.filters }) };
      for await (const { name, data } of ask(this.server, body, asking.signal)) {
        const below = this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight;
        if (name === "warming") turn.progress("warming");
        else if (name === "text") turn.grow((text = data.replace ?? text + data.delta));
        else if (name === "answer") this.answered(turn, question, data);
        if (below < 60) this.list.scrollTop = this.list.scrollHeight;
      }
    } catch (error) {
      if (asking.signal.aborted) turn.stop();
      else this.failed(turn, question, error);
    }
    if (this.asking === asking) this.busy(null);
  }

  answered(turn, question, answer) {
    turn.finish(answer);
    this.history.push(question);
    // Said once, when it is whole: a voice that follows each piece cannot be followed.
    this.status.textContent = answer.sentences.map((sentence) => sentence.text).join(" ") || answer.answer;
  }

  failed(turn, question, error) {
    const { kind = "failed", wait = 0 } = error;
    if (!(error instanceof Failure)) console.error(error);
    turn.fail(kind, wait, () => {
      if (this.asking) return;
      this.box.focus();
      this.run(turn, question);
    });
    this.status.textContent = this.say(kind, { wait });
  }

  key(event) {
    if (event.key === "Escape" && !event.isComposing) {
      event.preventDefault();
      this.close();
    } else if (event.key === "Enter" && event.target === this.box && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      if (!this.asking) this.submit();
    } else if (event.key === "Tab" && this.dialog.open) {
      const stops = [...this.dialog.querySelectorAll("button, textarea, [tabindex='0']")];
      const [end, other] = event.shiftKey ? [stops[0], stops.at(-1)] : [stops.at(-1), stops[0]];
      if (this.shadow.activeElement !== end) return;
      event.preventDefault();
      other.focus();
    }
  }
}

const script = document.currentScript;
const given = script.dataset;

function start() {
  if (document.querySelector("rag-widget")) return;
  const spoken = given.lang || document.documentElement.lang || navigator.language;
  const panel = new Panel({
    server: new URL(given.server ? given.server.replace(/\/?$/, "/") : ".", script.src),
    language: /^zh\b/i.test(spoken) ? "zh" : "en",
    title: given.title,
    greeting: given.greeting,
    theme: given.theme,
    // One that cannot be read stops the widget: without it the search would be wider than was meant.
    filters: given.filters && JSON.parse(given.filters),
  });
  document.body.append(panel.element);
}

if (document.body) start();
else addEventListener("DOMContentLoaded", start);
