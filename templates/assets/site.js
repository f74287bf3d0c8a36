/* What pages gain from JavaScript; all of them can be read without it. */
(() => {
  const { copy, copied } = document.currentScript.dataset;

  /* Light, dark, or as the system has it: a reader's choice is kept. */
  const order = ["system", "light", "dark"];
  const root = document.documentElement;
  const scheme = document.querySelector(".scheme");
  const shown = () => root.dataset.theme || "system";
  const label = () => scheme.setAttribute("aria-label", `${scheme.dataset.label}: ${scheme.dataset[shown()]}`);
  label();
  scheme.addEventListener("click", () => {
    const next = order[(order.indexOf(shown()) + 1) % order.length];
    if (next === "system") delete root.dataset.theme;
    else root.dataset.theme = next;
    try {
      if (next === "system") localStorage.removeItem("theme");
      else localStorage.setItem("theme", next);
    } catch { /* it holds for this page then */ }
    label();
  });

  /* The search is loaded when it is asked for; a folder without a server cannot be searched. */
  const search = document.querySelector(".searchable .search-button");
  const open = async () => (await import(new URL(search.dataset.src, document.baseURI))).open();
  search?.addEventListener("click", open);
  if (search) addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      open();
    }
  });

  /* Copy what a block of code holds; of a session with prompts the input only. */
  const input = (code) => {
    const prompts = [...code.querySelectorAll(".gp")].map((one) => one.textContent);
    if (!prompts.length) return code.textContent;
    const typed = (line) => prompts.find((prompt) => line.startsWith(prompt) || line === prompt.trimEnd());
    return code.textContent.split("\n").filter(typed).map((line) => line.slice(typed(line).length)).join("\n");
  };
  for (const block of document.querySelectorAll(".highlight")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = copy;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(input(block.querySelector("code")).trimEnd() + "\n");
      button.textContent = copied;
      setTimeout(() => { button.textContent = copy; }, 2000);
    });
    if (navigator.clipboard) block.append(button);
  }

  /* Comments are fetched when a reader asks for them. */
  const comments = document.querySelector(".comments a");
  comments?.addEventListener("click", (event) => {
    event.preventDefault();
    const script = document.createElement("script");
    Object.assign(script.dataset, comments.dataset, { mapping: "specific", strict: "1", reactionsEnabled: "1", emitMetadata: "0", inputPosition: "top", theme: root.dataset.theme || "preferred_color_scheme" });
    script.src = "https://giscus.app/client.js";
    script.crossOrigin = "anonymous";
    comments.closest("p").replaceWith(script);
  });
})();
