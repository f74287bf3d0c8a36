// Eleventy's settings: its own plugin for highlighting, plain Markdown, and a feed of the newest issues.
import highlight from "@11ty/eleventy-plugin-syntaxhighlight";

const month = new Intl.DateTimeFormat("en", { month: "long", year: "numeric", timeZone: "UTC" });
const day = new Intl.DateTimeFormat("en", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });

export default function (config) {
  config.addPlugin(highlight);
  config.addPassthroughCopy("style.css");
  config.setQuietMode(true);
  config.addCollection("issues", (all) => all.getFilteredByGlob("issues/*.md"));
  config.addFilter("day", (date) => day.format(date));
  config.addFilter("iso", (date) => date.toISOString());
  config.addFilter("newest", (pages, count) => pages.slice(-count).reverse());
  config.addFilter("newestFirst", (pages) => pages.toReversed());
  config.addFilter("months", (pages) => byMonth(pages.toReversed()));
  return {
    dir: { input: ".", output: "output", includes: "_includes" },
    // The issues' text is Markdown only, as it is for the others.
    markdownTemplateEngine: false,
    htmlTemplateEngine: "njk",
  };
}

function byMonth(pages) {
  const months = new Map();
  for (const page of pages) {
    const name = month.format(page.date);
    months.set(name, [...(months.get(name) ?? []), page]);
  }
  return [...months];
}
