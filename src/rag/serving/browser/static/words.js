// The words of the interface, by language; the reader's choice of language and of light or dark is kept in the browser.

const strings = parts.masthead.props.strings;
let language = "en";

function remembered(name) {
  try {
    return localStorage.getItem("rag." + name);
  } catch {
    return null;
  }
}

function remember(name, value) {
  try {
    localStorage.setItem("rag." + name, value);
  } catch {
    // Storage is off: the choice lasts as long as the page.
  }
}

function say(key, values = {}) {
  const text = strings[language][key] ?? values.or ?? key;
  return text.replace(/\{(\w+)(?:#([^|}]*)\|([^}]*))?\}/g, (_, name, one, other) => {
    const value = values[name] ?? "";
    return one === undefined ? value : `${value} ${Number(value) === 1 ? one : other}`;
  });
}

function translate(root) {
  for (const node of root.querySelectorAll("[data-say]")) {
    const text = say(node.dataset.say, node.dataset);
    if (node.textContent !== text) node.textContent = text;
  }
  for (const node of root.querySelectorAll("[data-label]")) {
    node.setAttribute("aria-label", say(node.dataset.label, node.dataset));
    if (node.dataset.tip) node.title = say(node.dataset.tip, node.dataset);
  }
}

// What a placeholder says of a box.
function translateHints(root) {
  for (const node of root.querySelectorAll("[data-hint]")) node.placeholder = say(node.dataset.hint);
}

function setLanguage(choice) {
  language = choice in strings ? choice : "en";
  document.documentElement.lang = language === "zh" ? "zh-CN" : language;
  document.documentElement.dataset.language = language;
  document.title = say("app.name");
  translate(document);
  translateHints(document);
  const box = document.querySelector("#question textarea");
  box.placeholder = say(matchMedia("(max-width: 700px)").matches ? "ask.short" : "ask.placeholder");
  box.setAttribute("aria-label", say("ask.label"));
  const send = document.querySelector("#send");
  send.setAttribute("aria-label", say("ask.send"));
  send.title = say("ask.send");
  document.querySelector("#conversation .turns").setAttribute("aria-label", say("conversation.label"));
  shelf.setAttribute("aria-label", say("app.sources"));
  showChosen();
}

function setDark(dark) {
  document.body.classList.toggle("dark", dark);
  document.documentElement.style.colorScheme = dark ? "dark" : "light";
  const button = document.querySelector("#masthead .theme");
  button.dataset.label = dark ? "app.light" : "app.dark";
  translate(button.parentElement);
  button.title = button.getAttribute("aria-label");
}

function startWords() {
  const wanted = navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase()).find((tag) => tag in strings);
  setLanguage(remembered("language") ?? wanted ?? "en");
  const theme = remembered("theme");
  setDark(theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches);
  document.querySelector("#masthead .language").addEventListener("click", () => {
    setLanguage(language === "zh" ? "en" : "zh");
    remember("language", language);
  });
  document.querySelector("#masthead .theme").addEventListener("click", () => {
    const dark = !document.body.classList.contains("dark");
    setDark(dark);
    remember("theme", dark ? "dark" : "light");
  });
}
