/* The search dialog, loaded when it is first asked for. Its markup and words stand in web/_search.html;
   pagefind.js finds the pages and fetches of the index what it needs. */

const BATCH = 8; /* pages shown at a time */
const PAUSE = 80; /* milliseconds without a key before a search */

const template = document.getElementById("search_template");
const words = template.dataset;
const site = new URL(words.root, document.baseURI);

const style = document.createElement("link");
style.rel = "stylesheet";
style.href = new URL("search.css", import.meta.url);
await new Promise((resolve) => {
  style.onload = style.onerror = resolve;
  document.head.append(style);
});

const dialog = template.content.querySelector("dialog").cloneNode(true);
document.body.append(dialog);
const input = dialog.querySelector("input");
const list = dialog.querySelector("[role=listbox]");
const status = dialog.querySelector("[role=status]");

let loading; /* the promise of pagefind */
let broken = false;
let rest = []; /* pages found and not yet shown */
let query = "";

export function open() {
  if (!dialog.open) dialog.showModal();
  input.select();
  if (broken) loading = undefined; /* try again */
  broken = false;
  pagefind().catch(fail);
}

function pagefind() {
  loading ??= import(new URL("pagefind/pagefind.js", site)).then(async (engine) => {
    await engine.options({ baseUrl: site.pathname, excerptLength: 26 });
    await engine.init();
    return engine;
  });
  return loading;
}

function fail() {
  broken = true;
  status.textContent = words.failed;
}

async function search() {
  query = input.value.trim();
  choose(null);
  if (!query) {
    show([], []);
    status.textContent = "";
    return;
  }
  const asked = query;
  const answer = await (await pagefind()).debouncedSearch(asked, {}, PAUSE);
  if (!answer || asked !== query) return;
  const pages = await Promise.all(answer.results.slice(0, BATCH).map((one) => one.data()));
  if (asked !== query) return;
  show(pages, answer.results.slice(BATCH));
  const { length } = answer.results;
  const message = length ? (length === 1 ? words.one : words.other) : words.none;
  status.textContent = message.replace("{n}", () => length).replace("{query}", () => asked);
}

function show(pages, others) {
  rest = others;
  list.replaceChildren(...pages.map(group));
  list.scrollTop = 0;
  list.hidden = !pages.length;
  input.setAttribute("aria-expanded", String(pages.length > 0));
  choose(options()[0]);
}

async function showMore() {
  const asked = query;
  const pages = await Promise.all(rest.splice(0, BATCH).map((one) => one.data()));
  if (asked === query) list.append(...pages.map(group));
}

/* A page, and under it the headings where the words stand. */
function group(page) {
  const { title, kind } = page.meta;
  const name = element("span", "search-title", title);
  const head = element("span", "search-head", name, ...(kind ? [element("span", "search-kind", kind)] : []));
  const excerpt = element("span", "search-excerpt");
  excerpt.innerHTML = page.excerpt; /* pagefind has escaped all but its marks */
  const headings = page.sub_results.filter((one) => one.anchor).slice(0, 3);
  const box = element("div", "search-page", option(page.url, head, excerpt), ...headings.map((one) => option(one.url, one.title)));
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", title);
  return box;
}

function element(name, className, ...children) {
  const made = document.createElement(name);
  made.className = className;
  made.append(...children);
  return made;
}

let made = 0;
function option(url, ...children) {
  const link = element("a", "search-option", ...children);
  link.href = url;
  link.id = `search_option_${made++}`;
  link.tabIndex = -1;
  link.setAttribute("role", "option");
  link.setAttribute("aria-selected", "false");
  return link;
}

function options() {
  return [...list.querySelectorAll("[role=option]")];
}

function chosen() {
  return list.querySelector("[aria-selected=true]");
}

function choose(one) {
  chosen()?.setAttribute("aria-selected", "false");
  one?.setAttribute("aria-selected", "true");
  one?.scrollIntoView({ block: "nearest" });
  if (one) input.setAttribute("aria-activedescendant", one.id);
  else input.removeAttribute("aria-activedescendant");
}

async function move(step) {
  if (step > 0 && rest.length && chosen() === options().at(-1)) await showMore();
  const all = options();
  if (all.length) choose(all[(all.indexOf(chosen()) + step + all.length) % all.length]);
}

input.addEventListener("input", () => search().catch(fail));

input.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) move(step);
  else if (event.key === "Enter") chosen()?.click();
  else return;
  event.preventDefault();
});

list.addEventListener("scroll", () => {
  if (rest.length && list.scrollTop + list.clientHeight > list.scrollHeight - 60) showMore();
});

dialog.addEventListener("click", (event) => {
  const leaves = event.target.closest("[role=option]") && !event.ctrlKey && !event.metaKey && !event.shiftKey;
  if (event.target === dialog || leaves) dialog.close();
});
