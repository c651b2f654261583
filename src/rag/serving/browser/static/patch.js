// Brings a part of the page to a new state and leaves alone what did not change, so that focus, open folds, scroll
// positions and what a screen reader has read out survive while an answer streams.

function parsed(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  translate(template.content);
  return template.content;
}

function patch(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  if (old.nodeType !== Node.ELEMENT_NODE || old.tagName !== fresh.tagName) {
    old.replaceWith(fresh);
    return;
  }
  for (const { name } of [...old.attributes]) {
    // A fold stays as the reader left it.
    if (!fresh.hasAttribute(name) && name !== "open") old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  patchChildren(old, fresh);
}

function patchChildren(old, fresh) {
  const before = [...old.childNodes];
  const after = [...fresh.childNodes];
  after.forEach((node, i) => (before[i] ? patch(before[i], node) : old.append(node)));
  before.slice(after.length).forEach((node) => node.remove());
}
