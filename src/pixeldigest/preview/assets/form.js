/* A form beside the page that it changes: what is typed is judged and shown at once, and written when it is saved. */
import { makeEditor } from "./form-theme.js";

const find = (selector) => document.querySelector(selector);
const about = JSON.parse(find("#about").textContent);
const [state, saveButton, look, faultBox, conflictBox] = ["#state", "#save", "#look", "#faults", "#conflict"].map(find);
const here = location.pathname;
const PAUSE = 200;

const editor = makeEditor(find("#form"), about.schema, about.shown);
await new Promise((resolve) => { editor.on("ready", resolve); });

/* What the file says, and what the form said when it was saved last. */
let was = about.shown;
let saved = JSON.stringify(editor.getValue());
let judged = null;
let pageShown = null;
const read = () => JSON.stringify(editor.getValue());
const isChanged = () => read() !== saved;

async function send(address, body, signal) {
  const response = await fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    signal,
  });
  return [response.status, await response.json()];
}

/* Judging and showing while somebody types: only the last answer counts. */

let asking = new AbortController();
let waiting = 0;

function tryOutSoon() {
  if (read() === judged) return;
  clearTimeout(waiting);
  asking.abort();
  tellState();
  waiting = setTimeout(tryOut, PAUSE);
}

async function tryOut() {
  asking = new AbortController();
  judged = read();
  try {
    const [status, said] = await send(here.replace("/edit/", "/draft/"), { was, shown: editor.getValue() }, asking.signal);
    if (status === 200) {
      showFaults(said.faults);
      markAsOld(!said.page && about.hasPage && isChanged());
      if (said.page) showPage(said.page);
    } else tell(said.message);
  } catch (error) {
    if (error.name !== "AbortError") tell("The preview does not answer");
  }
}

function showPage(page) {
  pageShown = page;
  look.contentWindow?.dispatchEvent(new CustomEvent("pixeldigest:show", { detail: page }));
}

/* The framed page follows what is saved, whoever saves; what is typed here comes back on top. */
function followFrame() {
  look.contentWindow.addEventListener("pixeldigest:changed", () => {
    if (!isChanged()) followFile();
    else if (pageShown) showPage(pageShown);
  });
}

/* Where nothing is unsaved, the form says what the file says, whoever wrote it. */
async function followFile() {
  const [status, said] = await send(here.replace("/edit/", "/draft/"), { was, shown: editor.getValue() });
  if (status !== 200) tell(said.message);
  if (status !== 200 || isChanged() || JSON.stringify(said.now) === JSON.stringify(was)) return;
  was = said.now;
  setAll(was);
  saved = read();
  judged = saved;
  showFaults(said.faults);
}

function markAsOld(isOld) {
  find("#old").hidden = !isOld;
}

/* Faults, each at its field and in a list */

function fieldOf(path) {
  const parts = path.split(".");
  while (parts.length > 1 && !editor.getEditor(parts.join("."))) parts.pop();
  return editor.getEditor(parts.join("."));
}

function placeOf(field) {
  return field.input ?? field.container.querySelector("input, textarea, select, button") ?? field.container;
}

function showFaults(faults) {
  for (const old of document.querySelectorAll("#form .fault")) old.remove();
  for (const input of document.querySelectorAll("#form [aria-invalid]")) {
    input.removeAttribute("aria-invalid");
    describe(input, (id) => !id.endsWith("-fault"));
  }
  faultBox.querySelector("ul").replaceChildren(...faults.map(listFault));
  faultBox.hidden = !faults.length;
  if (!faults.some((one) => one.severity === "error")) offerAnyway(false);
  tellState(faults);
}

function listFault(fault) {
  const field = fieldOf(fault.path);
  const item = document.createElement("li");
  item.className = fault.severity;
  const { label, message, stretch } = fault;
  const place = stretch ? `${label}, line ${stretch.line}` : label || "This file";
  const jump = Object.assign(document.createElement("button"), { type: "button", textContent: place });
  jump.addEventListener("click", () => goTo(fault));
  item.append(jump, ` ${message}`);
  if (stretch) item.append(quote(stretch));
  if (field !== editor.root) markField(field, fault);
  return item;
}

const sayShort = ({ message, stretch }) => (stretch ? `Line ${stretch.line}: ${message}` : message);

/* The line that is meant, and what in it. */
function quote({ before, marked, after }) {
  const line = document.createElement("code");
  line.append(before.trimStart(), Object.assign(document.createElement("mark"), { textContent: marked || " " }), after);
  return line;
}

function goTo({ path, stretch }) {
  const field = placeOf(fieldOf(path));
  field.focus();
  if (!stretch || !field.setSelectionRange) return;
  /* Browsers count in halves of some signs, and show the end of what is typed when a field gets the focus. */
  const [start, end] = [stretch.start, stretch.end].map((count) => [...field.value].slice(0, count).join("").length);
  field.setSelectionRange(start, start);
  field.blur();
  field.focus();
  field.setSelectionRange(start, end);
}

function markField(field, fault) {
  const told = Object.assign(document.createElement("p"), { className: `fault ${fault.severity}`, textContent: sayShort(fault) });
  const input = field.input;
  if (!input) {
    field.container.querySelector(".group-head").after(told);
    return;
  }
  told.id = `${input.id}-fault`;
  if (!document.getElementById(told.id)) describe(input, () => true, told.id);
  if (fault.severity === "error") input.setAttribute("aria-invalid", "true");
  (field.control ?? field.container).append(told);
}

function describe(input, stays, more = "") {
  const ids = (input.getAttribute("aria-describedby") ?? "").split(" ").filter((id) => id && stays(id));
  input.setAttribute("aria-describedby", [...ids, more].join(" ").trim());
}

/* Saving */

async function save({ anyway = false } = {}) {
  clearTimeout(waiting);
  asking.abort();
  const shown = editor.getValue();
  judged = read();
  tell("Saving");
  let status, said;
  try {
    [status, said] = await send(here, { was, shown, anyway });
  } catch {
    tell("The preview does not answer, and nothing was saved");
    return;
  }
  if (status === 200) finish(said, shown);
  else if (status === 422) refuse(said);
  else if (status === 409 && said.conflicts) ask(said);
  else tell(said.message);
}

function finish(said, shown) {
  const stillSame = read() === judged;
  was = said.shown;
  conflictBox.hidden = true;
  markAsOld(false);
  if (stillSame && said.taken.length) setAll(said.shown);
  saved = stillSame ? read() : JSON.stringify(shown);
  judged = saved;
  showFaults(said.faults);
  offerAnyway(false);
  const others = said.taken.length ? `Saved. Somebody else had changed ${said.taken.join(", ")}; that is kept too` : "Saved";
  tell(stillSame ? others : "Unsaved changes");
  if (new URL(look.src).pathname !== said.address) look.src = said.address;
}

function refuse(said) {
  showFaults(said.faults);
  offerAnyway(true);
  const first = said.faults.find((one) => one.severity === "error");
  goTo(first);
  tell("Not saved: there are errors");
}

function offerAnyway(offered) {
  faultBox.querySelector(".ways").hidden = !offered;
}

/* Both have changed the same: a person decides. */

let theirs = null;

function ask(said) {
  theirs = said;
  find("#differences").replaceChildren(...said.conflicts.flatMap(({ title, lines }) => [
    Object.assign(document.createElement("h3"), { textContent: title }),
    compare(lines),
  ]));
  conflictBox.hidden = false;
  conflictBox.focus();
  tell("Not saved: somebody else changed the same");
}

function compare(lines) {
  const box = document.createElement("pre");
  box.tabIndex = 0;
  for (const line of lines) {
    const kind = { "+": "ins", "-": "del" }[line[0]] ?? "span";
    box.append(Object.assign(document.createElement(kind), { textContent: `${line.replace(/^-/, "−")}\n` }));
  }
  return box;
}

function takeTheirs(keys) {
  for (const key of keys) setField(key, theirs.theirs[key]);
  was = theirs.theirs;
  conflictBox.hidden = true;
}

find("#mine").addEventListener("click", () => {
  takeTheirs(theirs.taken);
  save();
});

find("#theirs").addEventListener("click", () => {
  takeTheirs([...theirs.taken, ...theirs.conflicts.map((one) => one.key)]);
  tryOutSoon();
  saveButton.focus();
});

function setField(key, value) {
  const field = editor.getEditor(`root.${key}`);
  field.setValue(value ?? { array: [], boolean: false }[field.schema.type] ?? "");
}

function setAll(shown) {
  for (const key of Object.keys(about.schema.properties)) setField(key, shown[key]);
}

/* What is said at the top */

function tell(words) {
  state.textContent = words;
}

function tellState(faults) {
  const errors = faults?.filter((one) => one.severity === "error").length;
  const wrong = errors ? `, ${errors} ${errors === 1 ? "error" : "errors"}` : "";
  tell(isChanged() ? `Unsaved changes${wrong}` : `No changes${wrong}`);
}

/* Keys and fields */

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") {
    event.preventDefault();
    save();
  }
});

/* In code Tab indents; after Escape it leaves the field, as everywhere else. */
let leaving = false;
find("#form").addEventListener("keydown", (event) => {
  const field = event.target;
  const form = field.dataset?.text;
  if (event.key === "Enter" && ["inline", "summary"].includes(form)) event.preventDefault();
  if (event.key === "Tab" && form === "code" && !leaving && !event.shiftKey) {
    event.preventDefault();
    document.execCommand("insertText", false, "    ");
  }
  leaving = event.key === "Escape" || (leaving && event.key === "Shift");
});

/* json-editor looks at a text when its field is left; here it counts as it is typed. */
find("#form").addEventListener("input", (event) => {
  if (event.target.matches("input:not([type=checkbox]), textarea")) event.target.dispatchEvent(new Event("change"));
});

/* Who moves an item with the keyboard goes with it. */
editor.on("moveRow", (row) => row.container.querySelector("button:not([hidden])")?.focus());
editor.on("addRow", (row) => { if (document.activeElement?.matches(".json-editor-btntype-add")) placeOf(row).focus(); });

for (const button of document.querySelectorAll(".tabs [data-view]")) {
  button.addEventListener("click", () => {
    find(".editing").dataset.view = button.dataset.view;
    for (const one of document.querySelectorAll(".tabs [data-view]")) one.setAttribute("aria-pressed", String(one === button));
  });
}

addEventListener("beforeunload", (event) => { if (isChanged()) event.preventDefault(); });
find("#anyway").addEventListener("click", () => save({ anyway: true }));
saveButton.addEventListener("click", () => save());
look.addEventListener("load", followFrame);
if (look.contentDocument?.readyState === "complete") followFrame();
if (/^(Mac|iP)/.test(navigator.platform)) document.documentElement.classList.add("mac");

editor.on("change", tryOutSoon);
saveButton.disabled = false;
await tryOut();
