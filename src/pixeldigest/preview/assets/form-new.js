/* Asks for a title, and leads to the form of the draft that is made. */
const form = document.querySelector("#new");
const wrong = document.querySelector("#wrong");
const title = document.querySelector("#title");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  wrong.textContent = "";
  const body = JSON.stringify(Object.fromEntries(new FormData(form)));
  try {
    const response = await fetch(location.pathname, { method: "POST", headers: { "Content-Type": "application/json" }, body });
    const said = await response.json();
    if (response.ok) {
      location.assign(said.address);
      return;
    }
    wrong.textContent = said.message;
  } catch {
    wrong.textContent = "The preview does not answer. Start it again: pixeldigest serve";
  }
  title.setAttribute("aria-invalid", "true");
  title.focus();
});

title.focus();
