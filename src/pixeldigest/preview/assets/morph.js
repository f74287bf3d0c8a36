/* Change a part of a page into what it has become, node by node: what stays the same keeps its place, its scroll, its
   focus and what a reader opened. */

/* Change `live`, which was made as `last`, into `next`. What scripts appended to it since stays. */
export function morph(live, last, next) {
  if (last.isEqualNode(next)) return;
  if (!isAlike(last, next) || !isAlike(live, last)) live.replaceWith(live.ownerDocument.importNode(next, true));
  else if (next.nodeType !== Node.ELEMENT_NODE) live.data = next.data;
  else {
    morphAttributes(live, last, next);
    morphChildren(live, last, next);
  }
}

const isAlike = (one, other) => one.nodeName === other.nodeName && one.dataset?.key === other.dataset?.key;

function morphAttributes(live, last, next) {
  for (const { name } of [...last.attributes]) if (!next.hasAttribute(name)) live.removeAttribute(name);
  for (const { name, value } of next.attributes) if (last.getAttribute(name) !== value) live.setAttribute(name, value);
}

/* What is alike at both ends stays; between them nodes change one by one, and the rest goes or comes. */
function morphChildren(live, last, next) {
  const was = [...last.childNodes];
  const is = [...next.childNodes];
  const here = [...live.childNodes].slice(0, was.length);
  if (here.length < was.length || here.some((node, place) => node.nodeName !== was[place].nodeName)) {
    live.replaceChildren(...is.map((node) => live.ownerDocument.importNode(node, true)));
    return;
  }
  const least = Math.min(was.length, is.length);
  let start = 0;
  while (start < least && was[start].isEqualNode(is[start])) start += 1;
  let end = 0;
  while (end < least - start && was.at(-1 - end).isEqualNode(is.at(-1 - end))) end += 1;
  const after = live.childNodes[was.length - end] ?? null;
  const changed = least - start - end;
  for (let place = start; place < start + changed; place += 1) morph(here[place], was[place], is[place]);
  for (const node of here.slice(start + changed, was.length - end)) node.remove();
  for (const node of is.slice(start + changed, is.length - end)) live.insertBefore(live.ownerDocument.importNode(node, true), after);
}
