/* Before the first paint: the colours that were chosen on the site hold here too. */
try { const theme = localStorage.getItem("theme"); if (theme) document.documentElement.dataset.theme = theme; } catch { /* not allowed */ }
/* In a frame nothing is said at the lower edge: what is wrong stands in the page. */
if (window.top !== window) document.documentElement.classList.add("framed");
