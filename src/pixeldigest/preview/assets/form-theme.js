/* How json-editor's parts are made here: plain elements for form.css, nothing that a content security policy forbids,
   and texts that stay what was typed: json-editor would take out of them what looks like HTML. */
const { JSONEditor } = globalThis;

const asTyped = (text) => text;
JSONEditor.AbstractEditor.prototype.purify = asTyped;
JSONEditor.AbstractEditor.prototype.cleanText = asTyped;
JSONEditor.AbstractTheme.prototype.cleanText = asTyped;

const make = (name, className, text = "") => Object.assign(document.createElement(name), { className, textContent: text });

class Paper extends JSONEditor.AbstractTheme {
  getHeader(title) {
    const header = make("div", "group-head");
    if (title) header.append(title);
    return header;
  }

  getFormControl(label, input, description, infoText, formName) {
    const control = super.getFormControl(label, input, description, infoText, formName);
    if (description) {
      description.id = `${input.id}-description`;
      input.setAttribute("aria-describedby", description.id);
      if (input.type !== "checkbox") control.insertBefore(description, input);
    }
    return control;
  }

  getFormInputLabel(text, required) {
    return make("label", required ? "required" : "", text);
  }

  getDescription(text) {
    return make("p", "help", text[0].toUpperCase() + text.slice(1));
  }

  getHiddenLabel(text) {
    return make("label", "unseen", text);
  }

  getHiddenText(text) {
    return make("span", "unseen", text);
  }

  visuallyHidden(element) {
    element?.classList.add("unseen");
  }

  /* What is wrong is said by form.js. */
  addInputError() {}
  removeInputError() {}

  getOptInCheckbox() {
    const checkbox = Object.assign(document.createElement("input"), { type: "checkbox" });
    return { label: make("label", ""), checkbox, container: make("span", "") };
  }

  getButtonHolder() {
    return make("span", "buttons");
  }

  setButtonText(button, text, icon, title) {
    const sign = icon?.textContent ?? "";
    button.replaceChildren(sign === "+" ? "+ Add" : sign);
    button.setAttribute("aria-label", title ?? text);
    if (title) button.title = title;
  }
}

class Signs extends JSONEditor.AbstractIconLib {
  getIcon(key) {
    return make("span", "", { delete: "×", moveup: "↑", movedown: "↓", add: "+" }[key] ?? "");
  }
}

Object.assign(JSONEditor.defaults.themes, { paper: Paper });
Object.assign(JSONEditor.defaults.iconlibs, { signs: Signs });
Object.assign(JSONEditor.defaults.languages.en, {
  button_add_row_title: "Add: {{0}}",
  button_delete_row_title: "Take out: {{0}}",
  button_move_up_title: "Move up",
  button_move_down_title: "Move down",
});

/* What there is to say is said by the server, in the words of `check`. */
export const makeEditor = (element, schema, startval) =>
  new JSONEditor(element, {
    schema,
    startval,
    theme: "paper",
    iconlib: "signs",
    disable_theme_rules: true,
    disable_collapse: true,
    disable_edit_json: true,
    disable_properties: true,
    disable_array_delete_all_rows: true,
    disable_array_delete_last_row: true,
    prompt_before_delete: false,
    show_errors: "never",
  });
