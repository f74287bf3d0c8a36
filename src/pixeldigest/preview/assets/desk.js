/* Follow saves into framed mails, which run no script of their own, and open a day as soon as it is picked. */
import { morph } from "./morph.js";

async function renew(frame) {
  const html = await (await fetch(frame.getAttribute("src"))).text();
  const here = frame.contentDocument;
  // In the frame's own name, or its styles would be refused as the desk's.
  const next = new here.defaultView.DOMParser().parseFromString(html, "text/html");
  morph(here.head, here.head, next.head);
  morph(here.body, here.body, next.body);
}

addEventListener("pixeldigest:changed", () => {
  for (const frame of document.querySelectorAll("iframe.mail")) renew(frame);
});

function show(picked) {
  if (picked.value) picked.form.requestSubmit();
}

const picked = document.querySelector(".days input");
picked?.addEventListener("change", () => show(picked));
// One that was picked before this script had come.
if (picked && picked.value !== picked.defaultValue) show(picked);
