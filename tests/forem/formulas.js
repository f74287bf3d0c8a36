// What KaTeX shows for formulas: JSON lines {"latex", "display"} in, {"html", "error"} out.
// The TeX that it repeats in an annotation is left out: it is what was typed, not what is shown.

const katex = require("katex");
const lines = require("fs").readFileSync(0, "utf8").split("\n").filter(Boolean);

const shown = ({ latex, display }) => {
  try {
    const html = katex.renderToString(latex, { displayMode: display, throwOnError: true, strict: "ignore" });
    return { html: html.replace(/<annotation.*?<\/annotation>/gs, ""), error: null };
  } catch (error) {
    if (!(error instanceof katex.ParseError)) throw error;
    return { html: "", error: error.message };
  }
};

console.log(lines.map((line) => JSON.stringify(shown(JSON.parse(line)))).join("\n"));
