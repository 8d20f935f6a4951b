// Filter, search, copy, deep links. The page reads without it.
"use strict";
const form = document.querySelector("form.filter");
const cards = [...document.querySelectorAll("details.card")];
const texts = new Map();

function textOf(card) {
  if (!texts.has(card)) texts.set(card, card.textContent.toLowerCase());
  return texts.get(card);
}

function filter() {
  const words = form.elements.text.value.toLowerCase().split(/\s+/).filter(Boolean);
  const verdicts = new Set([...form.querySelectorAll("[name=verdict]:checked")].map((box) => box.value));
  const family = form.elements.family.value;
  let kept = 0;
  for (const card of cards) {
    const keep =
      verdicts.has(card.dataset.verdict) &&
      (!family || card.dataset.families.includes(`|${family}|`)) &&
      words.every((word) => textOf(card).includes(word));
    card.hidden = !keep;
    kept += keep;
  }
  form.querySelector("output").value = `${kept} of ${cards.length}`;
  document.querySelector("p.none").hidden = kept > 0;
}

function openTarget() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target || !target.matches("details.card")) return;
  target.hidden = false;
  target.open = true;
  target.scrollIntoView();
  target.querySelector("summary").focus({ preventScroll: true });
}

async function copy(button) {
  const code = button.parentElement.querySelector("code");
  try {
    await navigator.clipboard.writeText(code.textContent);
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(code);
    button.textContent = document.execCommand("copy") ? "Copied" : "Selected";
  }
  setTimeout(() => (button.textContent = "Copy"), 2000);
}

document.addEventListener("click", (event) => {
  if (event.target.matches("button.copy")) copy(event.target);
});
function offerCopy(command) {
  if (command.querySelector("button")) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy";
  command.append(button);
}
document.querySelectorAll(".smallest .command").forEach(offerCopy);
// A card's button is made when the card is first opened: two thousand at once would take a moment.
document.addEventListener("toggle", (event) => event.target.querySelectorAll(".command").forEach(offerCopy), true);

if (form) {
  form.hidden = false;
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  const toggle = form.querySelector("button.toggle");
  toggle.addEventListener("click", () => {
    const open = toggle.textContent === "Open all";
    for (const card of cards) if (!card.hidden) card.open = open;
    toggle.textContent = open ? "Close all" : "Open all";
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.target.matches("input, select, textarea")) {
      event.preventDefault();
      form.elements.text.focus();
    }
  });
  addEventListener("hashchange", openTarget);
  addEventListener("beforeprint", () => cards.forEach((card) => (card.open = card.open || cards.length <= 100)));
  form.querySelector("output").value = `${cards.length} of ${cards.length}`;
  openTarget();
}
