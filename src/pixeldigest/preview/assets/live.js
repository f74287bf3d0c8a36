/* Keeps an open page as it would be built now, and shows what is wrong beneath it. */
import { morph } from "./morph.js";

const MARK = "#pixeldigest_preview";

/* Take a page apart: what a build writes, and what the preview says of it. */
function parse(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const said = page.querySelector(MARK);
  page.querySelector(`${MARK} + script`)?.remove();
  said?.remove();
  page.body.normalize();
  return { page, said };
}

const own = document.querySelector(MARK);
let { version } = own.dataset;
let last = null;

/* The bar and what is wrong stand in a tree of their own, out of reach of the page's styles. Framed pages have none. */
const panel = own.content.firstElementChild.cloneNode(true);
let saidLast = own.content.firstElementChild;
if (window.top === window) {
  const host = document.createElement("pixeldigest-preview");
  host.attachShadow({ mode: "open" }).append(panel);
  document.documentElement.append(host);
}

async function look() {
  const response = await fetch(location.href, { cache: "no-store" });
  const now = parse(await response.text());
  if (!now.said || now.said.dataset.assets !== own.dataset.assets || (!last && now.said.dataset.version !== version)) {
    location.reload();
    return;
  }
  version = now.said.dataset.version;
  if (last) {
    morph(document.head, last.head, now.page.head);
    morph(document.body, last.body, now.page.body);
    morph(panel, saidLast, now.said.content.firstElementChild);
    dispatchEvent(new CustomEvent("pixeldigest:changed", { detail: { version } }));
  }
  saidLast = now.said.content.firstElementChild;
  last = now.page;
  own.dataset.live = version;
}

/* The form beside a framed page shows in it what is not saved yet. */
addEventListener("pixeldigest:show", ({ detail }) => {
  if (!last) return;
  const { page } = parse(detail);
  morph(document.head, last.head, page.head);
  morph(document.body, last.body, page.body);
  last = page;
});

/* One look after the other; whoever asks while one is under way gets another. */
let looking = null;
let again = false;
async function lookSoon() {
  again = true;
  looking ??= (async () => {
    while (again) {
      again = false;
      try { await look(); } catch { /* the preview has ended; it is asked again when it is back */ }
    }
    looking = null;
  })();
  await looking;
}

const hear = (told) => { if (told !== version) lookSoon(); };

/* Browsers allow few connections to a server, so one page listens for all that are open. */
const channel = new BroadcastChannel("pixeldigest_preview");
channel.onmessage = ({ data }) => hear(data);
function listen() {
  new EventSource("/_preview/events").onmessage = ({ data }) => {
    channel.postMessage(data);
    hear(data);
  };
  return new Promise(() => {});
}

await lookSoon();
if (navigator.locks) navigator.locks.request("pixeldigest_preview", listen);
else listen();
